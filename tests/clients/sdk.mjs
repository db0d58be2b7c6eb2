/* sdk.mjs v1|v2 - the official TypeScript SDK as a client: registration, tokens, tools */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import https from 'node:https';
import { done, test } from '../lib/tap.mjs';
import { Person, dir, issuer, mcp, sallyport, secret, sql } from '../lib/sallyport.mjs';
import { Provider } from './provider.mjs';

const generation = process.argv[2];
let connections;	/* per protocol revision: the options of a Client */
let Client, Transport, Unauthorized, finish, revision;

if (generation === 'v2') {
	const sdk = await import('@modelcontextprotocol/client');
	Client = sdk.Client;
	Transport = sdk.StreamableHTTPClientTransport;
	Unauthorized = sdk.UnauthorizedError;
	finish = (transport, answer) => transport.finishAuth(answer);
	revision = client => client.getNegotiatedProtocolVersion();
	connections = {
		'2026-07-28': { versionNegotiation: { mode: { pin: '2026-07-28' } } },
		'2025-11-25': { versionNegotiation: { mode: 'legacy' } },
	};
} else {
	Client = (await import('@modelcontextprotocol/sdk/client/index.js')).Client;
	Transport = (await import('@modelcontextprotocol/sdk/client/streamableHttp.js')).StreamableHTTPClientTransport;
	Unauthorized = (await import('@modelcontextprotocol/sdk/client/auth.js')).UnauthorizedError;
	finish = (transport, answer) => transport.finishAuth(answer.get('code'));
	revision = client => client.transport.protocolVersion;
	connections = { '2025-11-25': {} };
}

/* A metadata document at https://localhost, whose certificate fetch_ca_file trusts. */
const documents = https.createServer({ key: fs.readFileSync(`${dir}/tls.key`), cert: fs.readFileSync(`${dir}/tls.pem`) });
await new Promise(resolve => documents.listen(0, resolve));
const document_url = `https://localhost:${documents.address().port}/client.json`;
let fetched = 0;
documents.on('request', (request, response) => {
	fetched++;
	response.setHeader('content-type', 'application/json');
	response.end(JSON.stringify({ client_id: document_url, ...new Provider(null, 'Documented').clientMetadata }));
});

/*
 * Without the stream that the client of a session opens by itself: when the grant is
 * revoked it would sign in again on its own, beside what is tested here.
 */
const withoutGet = (url, init) => init?.method === 'GET' && String(url) === mcp ?
	Promise.resolve(new Response(null, { status: 405 })) : fetch(url, init);
const makeTransport = provider => new Transport(new URL(mcp), { authProvider: provider, fetch: withoutGet });

async function connect(provider, options) {
	const transport = makeTransport(provider);
	const client = new Client({ name: 'tests', version: '1' }, options);
	await client.connect(transport);
	return { client, transport };
}

async function search(client, query) {
	const result = await client.callTool({ name: 'search_code', arguments: { query, max_results: 3 } });
	assert.notEqual(result.isError, true, JSON.stringify(result));
	const answer = result.structuredContent ?? JSON.parse(result.content[0].text);
	assert.equal(answer.ok, true, JSON.stringify(answer));
	return answer.data.items;
}

for (const [version, options] of Object.entries(connections))
	for (const kind of ['registration', 'metadata document']) {
		const alice = new Person('alice');
		const provider = new Provider(alice, `SDK ${generation}`, kind === 'metadata document' ? document_url : undefined);
		const is = name => `${generation}, ${version}, ${kind}: ${name}`;
		let client, transport;

		/* A session ends with the grant it began under: the client is told, and begins another one. */
		async function resume() {
			if (version === '2026-07-28')
				return;
			await assert.rejects(search(client, 'x'), /there is no such session/);
			({ client, transport } = await connect(provider, options));
		}

		await test(is('connects through the whole of OAuth'), async () => {
			/* the first try is answered by 401, which leads to the authorization */
			await assert.rejects(connect(provider, options), Unauthorized);
			await finish(makeTransport(provider), provider.answer);
			({ client, transport } = await connect(provider, options));
			assert.equal(revision(client), version);
			assert.equal(provider.authorizations, 1);
			assert.equal(provider.request.searchParams.get('resource'), mcp);
			assert.equal(provider.answer.get('iss'), issuer);
			if (kind === 'registration')
				assert.doesNotMatch(provider.client.client_id, /:/);
			else
				assert.equal(provider.request.searchParams.get('client_id'), document_url);
		});

		await test(is('lists the tools'), async () => {
			const { tools } = await client.listTools();
			const tool = tools.find(t => t.name === 'search_code');
			assert.ok(tool, tools.map(t => t.name).join());
			assert.equal(tool.annotations.readOnlyHint, true);
			assert.deepEqual(tool.inputSchema.required, ['query']);
		});

		await test(is('search_code answers rightly about this tree'), async () => {
			for (const [query, file] of [['sp_password_verify', 'lib/people/password.c'],
				['where is the password hashed with argon2', 'lib/people/password.c'],
				['CREATE TABLE refresh_token', 'sql/migrations/0001-core.sql']]) {
				const items = await search(client, query);
				assert.ok(items.some(item => item.file === file || item.path === file || item.file_path === file),
					`${query}: ${JSON.stringify(items).slice(0, 400)}`);
			}
		});

		await test(is('a wrong argument is told to the model'), async () => {
			const result = await client.callTool({ name: 'search_code', arguments: { query: 'x', max_results: 'many' } })
				.catch(error => error);
			assert.match(JSON.stringify(result.content ?? result.message), /max_results/);
		});

		await test(is('an expired token is refreshed, nobody is asked'), async () => {
			const before = provider.saved.access_token, { refreshes } = provider;
			await new Promise(resolve => setTimeout(resolve, 3500));
			await search(client, 'sp_password_verify');
			assert.notEqual(provider.saved.access_token, before);
			assert.equal(provider.refreshes, refreshes + 1);
			assert.equal(provider.authorizations, 1);
		});

		await test(is('after a revoked grant it starts over'), async () => {
			for (const [grant] of sql(`SELECT grant_id FROM sallyport.grants WHERE revoked_at IS NULL`))
				sallyport('grant', 'revoke', grant);
			await new Promise(resolve => setTimeout(resolve, 1000));
			await assert.rejects(client.callTool({ name: 'search_code', arguments: { query: 'x' } }), Unauthorized);
			assert.equal(provider.authorizations, 2);
			await finish(transport, provider.answer);
			await resume();
			await search(client, 'sp_password_verify');
			assert.equal(provider.authorizations, 2);
		});

		if (kind === 'registration')
			await test(is('a client that is forgotten registers again'), async () => {
				const { client_id } = provider.client;
				sallyport('client', 'disable', client_id);
				await new Promise(resolve => setTimeout(resolve, 1000));
				await assert.rejects(client.callTool({ name: 'search_code', arguments: { query: 'x' } }));
				assert.notEqual(provider.client.client_id, client_id);
				await finish(transport, provider.answer);
				await resume();
				await search(client, 'sp_password_verify');
			});

		await test(is('closes'), () => client.close());
	}

await test(`${generation}: the metadata document was fetched, and not at every use`, async () => {
	assert.ok(fetched >= 1 && fetched <= 2, `${fetched} times`);
});

done();
