/*
 * azure.mjs - every tool of catalogs/codesearch-azure, with the official SDK of generation 2 in both eras
 *
 * 0586 has tests/lib/azure.py stand in for the service.  SP_TEST_TOKEN is an administrator's
 * access token with all scopes.  What requests are made is the business of 0577 and 0578.
 */
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { done, test } from '../lib/tap.mjs';
import { mcp } from '../lib/sallyport.mjs';

const first = {};	/* what one tool gives for the next */
const index_name = 'codebase';

/* NAME: [arguments, what the data must be] and [arguments, what the failure must say] */
const tools = {
	search_code: [[{ query: 'get_user_by_id', max_results: 50 }, data => {
		assert.equal(data.items[0].function_name, 'get_user_by_id');
		assert.match(data.warnings[0], /max_results was set to 20/);
		first.query = data.query_id;
	}], [{ query: '' }, /at least 1|empty/]],
	search_code_raw: [[{ query: 'hash lookup', max_results: 1 }, data => assert.equal(data.results.length, 1)],
		[{ query: 'x '.repeat(51) }, /more than 50 words/]],
	search_microsoft_docs: [[{ query: 'storage accounts' }, data => assert.equal(data.status, 'unavailable')],
		[{ query: ' ' }, /query is empty/]],
	explain_ranking: [[{ query: 'get_user_by_id' }, data => assert.match(data.explanations[0].explanation, /names get_user_by_id/)],
		[{ query: 'x', mode: 'other' }, /mode/]],
	preview_query_processing: [[{ query: 'how do I create a user' }, data => assert.equal(data.detected_intent, 'implement')],
		[{ query: ' ' }, /query is empty/]],
	index_status: [[{}, data => assert.equal(data.index_name, index_name)], [{ x: 1 }, /x/]],
	health_check: [[{}, data => assert.equal(data.healthy, true)], [{ x: 1 }, /x/]],
	cache_stats: [[{}, data => assert.ok(data.cache_stats.ttl_seconds)], [{ x: 1 }, /x/]],
	analyze_context: [[{ file_path: 'src/user.c' }, data => assert.equal(data.language, 'c')], [{ file_path: 'nosuch.c' }, /not in the index/]],
	generate_code: [[{ description: 'look a user up in the hash', language: 'c' }, data => assert.match(data.brief, /hash_lookup/)],
		[{ description: 'short' }, /10 to 2000/]],
	submit_feedback: [[{ target_id: 'a1', kind: 'positive', rating: 5 }, data => assert.equal(data.stored, true)],
		[{ target_id: 'a1', kind: 'positive', rating: 9 }, /rating/]],
	track_search_click: [() => [{ query_id: first.query, doc_id: 'a1', rank: 1 }, data => assert.equal(data.backend, 'azure')],
		[{ query_id: 'x', doc_id: 'a1', rank: 1 }, /query_id/]],
	track_search_outcome: [() => [{ query_id: first.query, outcome: 'success' }, data => assert.equal(data.tracked, true)],
		[{ query_id: 'x', outcome: 'success' }, /query_id/]],
	validate_embeddings: [[{ sample_size: 5 }, data => assert.equal(data.documents_checked, 5)], [{ sample_size: 0 }, /sample_size/]],
	validate_index_schema: [[{}, data => assert.equal(data.valid, true)], [{ expected_schema: {} }, /fields/]],
	backup_index_schema: [[{}, data => assert.equal(data.schema.name, index_name)], [{ output_file: 'x'.repeat(300) }, /output_file/]],
	manage_index: [[{ action: 'list' }, data => assert.equal(data.indexes[0].name, index_name)], [{ action: 'drop' }, /action/]],
	manage_documents: [[{ action: 'count', index_name }, data => assert.ok(data.count > 30)], [{ action: 'count', index_name: 'other' }, /no index other/]],
	manage_indexer: [[{ action: 'run', indexer_name: 'shop' }, data => assert.equal(data.run_started, true)],
		[{ action: 'run', indexer_name: 'nobody' }, /No indexer/]],
	create_datasource: [[{ name: 'src', datasource_type: 'azureblob', connection_info: { connectionString: 'x' } }, data => assert.equal(data.datasource, 'src')],
		[{ name: 'busy', datasource_type: 'azureblob', connection_info: { connectionString: 'x' } }, /in use/]],
	create_skillset: [[{ name: 'split', skills: [{ '@odata.type': '#Microsoft.Skills.Text.SplitSkill' }] }, data => assert.equal(data.skillset, 'split')],
		[{ name: 'split', skills: [] }, /skills/]],
	index_rebuild: [[{ repository: 'shop', confirm: 'yes' }, data => assert.equal(data.state, 'running')],
		[{ repository: 'nobody', confirm: true }, /No indexer/]],
	index_repository: [[{ repo_path: '/srv/src/app' }, data => assert.equal(data.state, 'queued')], [{ repo_path: '/srv/../etc' }, /lead upwards/]],
	index_changed_files: [[{ files: ['a.c'], repo_name: 'app' }, data => assert.equal(data.state, 'queued')],
		[{ files: ['../../etc/passwd'], repo_name: 'app' }, /no path within/]],
	github_index_repo: [[{ repo: 'octo/app', confirm: true }, data => assert.equal(data.state, 'queued')], [{ repo: 'octo/../app' }, /owner\/name/]],
	clear_repository_documents: [[{ repository_filter: "repository eq 'notes'", confirm: true }, data => assert.equal(data.state, 'queued')],
		[{ repository_filter: "language eq 'c'" }, /repository eq/]],
	rebuild_index: [[{ confirm: true }, data => assert.equal(data.state, 'queued')], [{ confirm: [] }, /confirm/]],
	backfill_embeddings: [[{ dry_run: true }, data => assert.equal(data.written, 0)], [{ batch_size: 0 }, /batch_size/]],
	cache_clear: [[{}, data => assert.equal(data.cleared, true)], [{ scope: 'nothing' }, /scope/]],
	get_service_info: [[{}, data => assert.equal(data.service_name, 'example')], [{ search_service_name: '../x' }, /search_service_name/]],
	configure_semantic_search: [[{ action: 'status' }, data => assert.equal(data.semantic_search, 'free')], [{ action: 'other' }, /action/]],
};

const answer = result => result.structuredContent ?? JSON.parse(result.content[0].text);
const text = result => result.content.map(part => part.text).join();

async function connect(options, person) {
	const client = new Client({ name: 'tests', version: '1' }, { ...options, capabilities: person ? { elicitation: {} } : {} });
	if (person)
		client.setRequestHandler('elicitation/create', person);
	await client.connect(new StreamableHTTPClientTransport(new URL(`${mcp}/codesearch-azure`),
		{ requestInit: { headers: { authorization: `Bearer ${process.env.SP_TEST_TOKEN}` } } }));
	return client;
}

for (const [version, options] of Object.entries({
	'2026-07-28': { versionNegotiation: { mode: { pin: '2026-07-28' } } },
	'2025-11-25': { versionNegotiation: { mode: 'legacy' } },
})) {
	const client = await connect(options);
	const call = (name, args) => client.callTool({ name, arguments: args });

	await test(`${version}: all are offered`, async () =>
		assert.deepEqual((await client.listTools()).tools.map(tool => tool.name).sort(), Object.keys(tools).sort()));
	for (const [name, [success, failure]] of Object.entries(tools)) {
		await test(`${version}: ${name}`, async () => {
			const [args, check] = typeof success === 'function' ? success() : success;
			const result = await call(name, args);
			assert.notEqual(result.isError, true, text(result));
			assert.equal(answer(result).ok, true);
			check(answer(result).data);
		});
		await test(`${version}: ${name} that fails`, async () => {
			const [args, message] = failure;
			const result = await call(name, args);
			assert.equal(result.isError, true, text(result));
			assert.match(text(result), message);
		});
	}
	await test(`${version}: who has a person before it asks that person`, async () => {
		let yes = false;
		const questions = [];
		const asked = await connect(options, request => {
			questions.push(request.params.message);
			return yes ? { action: 'accept', content: { confirm: true } } : { action: 'decline' };
		});
		const [what, count] = version === '2026-07-28' ? [{ action: 'cleanup', days_old: 1000, date_field: 'created_at' }, 2] :
			[{ action: 'delete', document_keys: ['p1'] }, 1];
		const remove = () => asked.callTool({ name: 'manage_documents', arguments: { ...what, index_name, confirm: true } });
		const declined = await remove();
		assert.equal(declined.isError, true);
		assert.match(text(declined), /not confirmed/);
		yes = true;
		assert.equal(answer(await remove()).data.deleted, count);
		assert.deepEqual(questions.map(question => /^This removes \d documents/.test(question)), [true, true]);
		await asked.close();
	});
	await client.close();
}
done();
