/*
 * conformance-oauth.mjs - the official MCP conformance suite against the authorization server
 *
 * The suite prints an authorization request and waits for somebody to follow it.
 * Runs under the Node.js that the suite asks for (22).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { done, note, test } from '../lib/tap.mjs';
import { Person, dir, issuer, mcp, register, secret } from '../lib/sallyport.mjs';

const cli = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const out = `${dir}/conformance-oauth`;

const port = await new Promise(resolve => {
	const server = net.createServer().listen(0, '127.0.0.1', () => {
		const { port } = server.address();
		server.close(() => resolve(port));
	});
});
const { client_id } = await register({ client_name: 'Conformance', redirect_uris: [`http://127.0.0.1:${port}/callback`] });

await test('somebody follows the authorization request', async () => {
	const suite = spawn(process.execPath, [cli, 'authorization', '--url', issuer, '--client-id', client_id,
		'--resource', mcp, '-p', `${port}`, '-o', out]);
	let said = '', followed;
	suite.stdout.on('data', data => {
		said += data;
		const [request] = said.match(/http\S+\/authorize\?\S+(?=\s)/) ?? [];
		if (request && !followed)
			followed = new Person('alice').authorize(request).then(answer => {
				secret(new URL(answer).searchParams.get('code'));
				return fetch(answer);
			});
	});
	await new Promise(resolve => suite.on('close', resolve));
	assert.ok(followed, said);
	assert.equal((await followed).status, 200);
}, 60);

const reports = fs.existsSync(out) ? fs.globSync(`${out}/*/checks.json`) : [];
await test('there are two reports', () => assert.equal(reports.length, 2));
for (const file of reports) {
	const checks = JSON.parse(fs.readFileSync(file, 'utf8'));
	const of = status => checks.filter(check => check.status === status)
		.map(check => `${check.id}: ${check.errorMessage ?? check.description}`).join('\n');
	await test(/([^/]+?)-\d{4}-\d\d-\d\dT[^/]*\/checks.json$/.exec(file)[1], () => {
		if (of('FAILURE') !== '' || of('SUCCESS') === '')
			throw of('FAILURE') || of('SKIPPED');
	});
	if (of('WARNING') !== '')
		note(`warning: ${of('WARNING')}`);
}
done();
