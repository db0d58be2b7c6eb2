/* mcp-remote.mjs - a client that knows only stdio, through the bridge mcp-remote */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { done, test } from '../lib/tap.mjs';
import { dir, mcp, sallyport, secret, sql } from '../lib/sallyport.mjs';

const bridge = new URL('node_modules/mcp-remote/dist/proxy.js', import.meta.url).pathname;

/* How often a browser was opened. */
const opened = () => fs.readFileSync(`${dir}/opened`, 'utf8').split('\n').length - 1;

async function connect() {
	const transport = new StdioClientTransport({ command: process.execPath, args: [bridge, mcp, '--transport', 'http-only'],
		env: process.env, stderr: 'pipe' });
	transport.stderr.on('data', data => fs.appendFileSync(`${dir}/mcp-remote.err`, data));
	const client = new Client({ name: 'tests', version: '1' });
	await client.connect(transport);
	return client;
}

async function search(client, query) {
	const result = await client.callTool({ name: 'search_code', arguments: { query, max_results: 3 } });
	return JSON.stringify(result.structuredContent ?? JSON.parse(result.content[0].text));
}

let client;

await test('the first start signs in by the browser', async () => {
	client = await connect();
	assert.equal(opened(), 1);
	const { tools } = await client.listTools();
	assert.ok(tools.some(tool => tool.name === 'search_code'));
}, 60);

await test('a call finds the right file', async () => {
	assert.match(await search(client, 'sp_password_verify'), /lib\/people\/password\.c/);
});

await test('an expired token is refreshed without the browser', async () => {
	await new Promise(resolve => setTimeout(resolve, 3500));
	assert.match(await search(client, 'sp_password_verify'), /lib\/people\/password\.c/);
	assert.equal(opened(), 1);
	await client.close();
});

await test('the next start needs no browser', async () => {
	client = await connect();
	assert.match(await search(client, 'sp_password_verify'), /lib\/people\/password\.c/);
	assert.equal(opened(), 1);
	await client.close();
}, 60);

await test('after a revoked grant the next start signs in again', async () => {
	for (const [grant] of sql('SELECT grant_id FROM sallyport.grants WHERE revoked_at IS NULL'))
		sallyport('grant', 'revoke', grant);
	/* it may begin two sign-ins at once and lose the verifier of one; a person starts it again */
	for (let tries = 1; ; tries++) {
		const late = new Promise((_, reject) => setTimeout(reject, 30000, new Error('no connection in 30 s')).unref());
		try {
			client = await Promise.race([connect(), late]);
			break;
		} catch (error) {
			if (tries === 3) throw error;
		}
	}
	assert.match(await search(client, 'sp_password_verify'), /lib\/people\/password\.c/);
	assert.ok(opened() >= 2);
	await client.close();
}, 120);

/* what the bridge keeps must not be in a log of ours */
for (const file of fs.readdirSync(`${dir}/home`, { recursive: true }).filter(name => /tokens\.json$/.test(name))) {
	const { access_token, refresh_token } = JSON.parse(fs.readFileSync(`${dir}/home/${file}`, 'utf8'));
	secret(access_token, refresh_token);
}

done();
