/*
 * provider.mjs - an OAuth client as both generations of the TypeScript SDK want it
 *
 * The person is not in front of a browser, but a Person of sallyport.mjs, who
 * decides when the client sends them to the authorization endpoint.
 */
import { secret } from '../lib/sallyport.mjs';

export class Provider {
	redirectUrl = 'http://127.0.0.1:7777/callback';		/* nobody listens: the person keeps the answer */
	authorizations = 0;
	refreshes = 0;

	/* document: the URL of a Client ID Metadata Document; without one the client registers. */
	constructor(person, name, document) {
		this.person = person;
		this.clientMetadata = { client_name: name, redirect_uris: [this.redirectUrl],
			grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
			token_endpoint_auth_method: 'none' };
		this.clientMetadataUrl = document;
	}

	state() {
		return this.asked = crypto.randomUUID();
	}

	clientInformation() {
		return this.client;
	}

	saveClientInformation(client) {
		this.client = client;
	}

	tokens() {
		return this.saved;
	}

	saveTokens(tokens) {
		secret(tokens.access_token, tokens.refresh_token);
		this.refreshes += this.saved ? 1 : 0;
		this.saved = tokens;
	}

	saveCodeVerifier(verifier) {
		this.verifier = verifier;
	}

	codeVerifier() {
		return this.verifier;
	}

	saveDiscoveryState(state) {
		this.discovered = state;
	}

	discoveryState() {
		return this.discovered;
	}

	invalidateCredentials(scope) {
		if (scope === 'all' || scope === 'discovery')
			this.discovered = undefined;
		if (scope === 'all' || scope === 'client')
			this.client = undefined;
		if (scope === 'all' || scope === 'tokens')
			this.saved = undefined;
	}

	async redirectToAuthorization(url) {
		this.authorizations++;
		this.request = url;
		this.answer = new URL(await this.person.authorize(url.href)).searchParams;
		secret(this.answer.get('code'));
		if (this.answer.get('state') !== this.asked)
			throw new Error('the answer is to another request');
	}
}
