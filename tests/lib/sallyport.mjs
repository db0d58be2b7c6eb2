/*
 * sallyport.mjs - the Sallyport that tests/lib/sallyport.sh has started, for *.mjs
 *
 * run_node of tests/lib/node.sh says where it is.  People have the passwords that
 * add_user of http.sh gives them.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';

export const issuer = process.env.SP_TEST_ISSUER;	/* the public URL; so a client knows it */
export const dir = process.env.SP_TEST_DIR;
export const port = Number(process.env.SP_TEST_PORT);	/* of the web server, on 127.0.0.1 */
export const mcp = `${issuer}/mcp`;

/* Must appear in no log; sallyport.sh looks for them when the test ends. */
export function secret(...values) {
	for (const value of values)
		if (typeof value === 'string' && value.length >= 8)
			fs.appendFileSync(`${dir}/secrets`, `${value}\n`);
}

export function password(user) {
	return `correct horse ${user} staple`;
}

/* The sallyport command; its --json output, parsed, if asked for. */
export function sallyport(...args) {
	const out = execFileSync(`${process.env.top_builddir}/bin/sallyport`, args, { encoding: 'utf8' });
	return args.includes('--json') ? JSON.parse(out) : out;
}

/* One statement as superuser; rows as arrays of text. */
export function sql(text) {
	return execFileSync('psql', ['-qXAt', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-h', `${dir}/postgres`,
		'-U', 'postgres', '-d', 'sallyport', '-c', text], { encoding: 'utf8' })
		.split('\n').filter(line => line !== '').map(line => line.split('\t'));
}

/* ---- clients ---- */

async function post(path, headers, body) {
	return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
}

/* Dynamic registration (RFC 7591). */
export async function register(metadata) {
	const response = await post('/register', { 'content-type': 'application/json' }, JSON.stringify({
		token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], ...metadata }));
	const answer = await response.json();
	if (response.status !== 201)
		throw new Error(`registration: ${response.status} ${JSON.stringify(answer)}`);
	secret(answer.client_secret);
	return answer;
}

/* An authorization request: its URL, and what redeem() needs afterwards. */
export function authorizationRequest(client_id, redirect_uri, more = {}) {
	const code_verifier = randomBytes(32).toString('base64url');
	const state = randomBytes(9).toString('base64url');
	const query = new URLSearchParams({ response_type: 'code', client_id, redirect_uri, state,
		code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
		code_challenge_method: 'S256', resource: mcp, ...more });
	return { url: `${issuer}/authorize?${query}`, client_id, redirect_uri, code_verifier, state };
}

/* The token response, with its status. */
export async function redeem(request, code) {
	const response = await post('/token', {}, new URLSearchParams({ grant_type: 'authorization_code', code,
		redirect_uri: request.redirect_uri, client_id: request.client_id, code_verifier: request.code_verifier }));
	const answer = await response.json();
	secret(code, answer.access_token, answer.refresh_token);
	return { status: response.status, ...answer };
}

/* The user name of whom a token was issued to. */
export function userOf(access_token) {
	const claims = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url'));
	return sql(`SELECT username FROM sallyport.users WHERE user_id::text = '${claims.sub}'`)[0]?.[0];
}

/*
 * Where a client waits for its answer.  answer(request) is what comes to /callback
 * with the state of that request: its parameters, and its headers as `headers`.
 * Any other path shows `page`.
 */
export class Listener {
	#answers = new Map();
	#waiting = new Map();
	page = '<!doctype html><title>client</title><h1>client</h1>';

	static async start(tls) {
		const listener = new Listener();
		listener.server = tls ? https.createServer(tls) : http.createServer();
		listener.server.on('request', (request, response) => listener.#take(request, response));
		await new Promise(resolve => listener.server.listen(0, '127.0.0.1', resolve));
		listener.port = listener.server.address().port;
		return listener;
	}

	#take(request, response) {
		const url = new URL(request.url, 'http://client');
		response.setHeader('content-type', 'text/html; charset=utf-8');
		if (url.pathname !== '/callback')
			return response.end(this.page);
		response.end('<!doctype html><title>connected</title><h1>connected</h1>');
		const answer = { ...Object.fromEntries(url.searchParams), headers: request.headers };
		secret(answer.code);
		const waiting = this.#waiting.get(answer.state);
		this.#waiting.delete(answer.state);
		if (waiting)
			waiting(answer);
		else
			this.#answers.set(answer.state, answer);
	}

	async answer({ state }) {
		const answer = this.#answers.get(state);
		this.#answers.delete(state);
		return answer ?? new Promise(resolve => this.#waiting.set(state, resolve));
	}

	close() {
		this.server.closeAllConnections();
		this.server.close();
	}
}

/* ---- a person whose browser is a few lines of HTTP ---- */

function plain(html) {
	return html.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name) =>
		({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': '\'', '#x27': '\'' })[name]);
}

export class Person {
	#cookies = new Map();

	constructor(name) {
		this.name = name;
	}

	async #request(url, form) {
		const response = await fetch(url, { method: form ? 'POST' : 'GET', redirect: 'manual', body: form,
			headers: { cookie: [...this.#cookies].map(pair => pair.join('=')).join('; '),
				...(form && { origin: issuer }) } });
		for (const cookie of response.headers.getSetCookie()) {
			const [name, value] = cookie.split(';')[0].split('=');
			secret(value);
			this.#cookies.set(name, value);
		}
		const location = response.headers.get('location');
		if (!location)
			return { page: await response.text(), status: response.status };
		const to = new URL(location, url);
		return to.origin === new URL(url).origin ? this.#request(to) : { location: to.href, status: response.status };
	}

	/* Opens an authorization request and decides it; the URL that the browser is sent to. */
	async authorize(url, decision = 'allow') {
		let answer = await this.#request(url);
		for (const fields of [{ username: this.name, password: password(this.name) }, { decision }]) {
			if (answer.location)
				break;
			const [wanted] = Object.keys(fields);
			if (!answer.page.includes(`name="${wanted}"`))
				continue;
			const [, request] = answer.page.match(/name="request" value="([^"]*)"/) ?? [];
			answer = await this.#request(`${issuer}/authorize`,
				new URLSearchParams({ request: plain(request ?? ''), ...fields }));
		}
		if (!answer.location)
			throw new Error(`no answer for the client, but ${answer.status} ${plain(answer.page).replace(/<[^>]*>|\s+/g, ' ')}`);
		return answer.location;
	}
}
