/*
 * codesearch.mjs v1|v2 - every tool, prompt and resource of catalogs/codesearch, with the official SDKs
 *
 * 0571 and 0572 have indexed a small tree as "shop".  SP_TEST_TOKEN is an
 * administrator's access token with all scopes, SP_TEST_READER one that may only read.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { done, test } from '../lib/tap.mjs';
import { dir, mcp, sql } from '../lib/sallyport.mjs';

const generation = process.argv[2];
let Client, Transport, connections, method;

if (generation === 'v2') {
	const sdk = await import('@modelcontextprotocol/client');
	({ Client, StreamableHTTPClientTransport: Transport } = sdk);
	method = name => name;
	connections = {
		'2026-07-28': { versionNegotiation: { mode: { pin: '2026-07-28' } } },
		'2025-11-25': { versionNegotiation: { mode: 'legacy' } },
	};
} else {
	Client = (await import('@modelcontextprotocol/sdk/client/index.js')).Client;
	Transport = (await import('@modelcontextprotocol/sdk/client/streamableHttp.js')).StreamableHTTPClientTransport;
	const types = await import('@modelcontextprotocol/sdk/types.js');
	method = () => types.ElicitRequestSchema;
	connections = { '2025-11-25': {} };
}

async function connect(token, options, person) {
	const client = new Client({ name: 'tests', version: '1' }, { ...options, capabilities: person ? { elicitation: {} } : {} });
	if (person)
		client.setRequestHandler(method('elicitation/create'), person);
	await client.connect(new Transport(new URL(mcp), { requestInit: { headers: { authorization: `Bearer ${token}` } } }));
	return client;
}

/* ---- what each tool is asked, rightly and wrongly ---- */

const first = {};	/* what one tool gives for the next */

/* NAME: [arguments, what the data must be] and [arguments, what the failure must say] */
const tools = {
	search_code: [[{ query: 'get_user_by_id', max_results: 50 }, data => {
		assert.equal(data.items[0].function_name, 'get_user_by_id');
		assert.ok(data.count <= 20);
		assert.match(data.warnings[0], /max_results was set to 20/);
		first.query = data.query_id;
		first.piece = data.items[0].id;
	}], [{ query: '' }, /at least 1|empty/]],
	search_code_raw: [[{ query: 'hash lookup', max_results: 1 }, data => assert.equal(data.results.length, 1)],
		[{ query: 'x '.repeat(51) }, /more than 50 words/]],
	search_microsoft_docs: [[{ query: 'storage accounts' }, data => assert.equal(data.status, 'unavailable')],
		[{ query: ' ' }, /query is empty/]],
	explain_ranking: [[{ query: 'get_user_by_id' }, data => {
		assert.match(data.explanations[0].explanation, /names get_user_by_id/);
		assert.equal(data.explanations[0].confidence, 1);
	}], [{ query: 'x', mode: 'other' }, /mode/]],
	preview_query_processing: [[{ query: 'how do I create a user' }, data => assert.equal(data.detected_intent, 'implement')],
		[{ query: 'x'.repeat(401) }, /longer than 400/]],
	analyze_context: [[{ file_path: 'src/user.c' }, data => {
		assert.equal(data.language, 'c');
		assert.deepEqual(data.imports.direct, ['stdlib.h', 'user.h', 'hash.h']);
		assert.ok(data.imports.indirect.includes('stdint.h'));
		assert.deepEqual(data.dependencies.internal, ['src/hash.h', 'src/user.h']);
		assert.deepEqual(data.dependencies.external, ['stdlib.h']);
		assert.ok(data.related_files.some(file => file.type === 'test' && file.path === 'tests/test_user.c'));
		assert.ok(data.related_files.some(file => file.type === 'sibling' && file.path === 'src/hash.c'));
		assert.deepEqual(data.project, { name: 'shop', root: 'src', type: 'make' });
	}], [{ file_path: 'no/such/file.c' }, /not in the index/]],
	generate_code: [[{ description: 'a function that looks users up in the hash', language: 'c', include_tests: true }, data => {
		assert.equal(data.code, null);
		assert.equal(data.style_info.indent, 'tabs');
		assert.equal(data.style_info.naming, 'snake_case');
		assert.match(data.brief, /hash_lookup/);
		assert.match(data.brief, /test_get_user/);
	}], [{ description: 'short' }, /10 to 2000/]],
	track_search_click: [() => [{ query_id: first.query, doc_id: first.piece, rank: 1 }, data => assert.equal(data.tracked, true)],
		() => [{ query_id: first.query.replace(/.$/, last => last === 'A' ? 'B' : 'A').replace(/^./, c => c === 'x' ? 'y' : 'x'),
			doc_id: first.piece, rank: 1 }, /query_id/]],
	track_search_outcome: [() => [{ query_id: first.query, outcome: 'success', score: 0.9 }, data => assert.equal(data.tracked, true)],
		[{ query_id: 'bm8gc3VjaCBxdWVyeSBpZCBldmVyIHdhcyBtYWRl', outcome: 'success' }, /query_id/]],
	submit_feedback: [() => [{ target_id: first.piece, kind: 'Positive', rating: 5, notes: 'just right' }, data => {
		assert.equal(data.stored, true);
		assert.equal(data.affects_ranking, true);
		assert.deepEqual(sql(`SELECT kind, rating, notes FROM codesearch.feedback WHERE feedback_id = ${Number(data.id)}`),
			[['positive', '5', 'just right']]);
	}], [{ target_id: 'x', kind: 'nice', rating: 5 }, /kind must be one of/]],
	health_check: [[{}, data => assert.equal(data.healthy, true, JSON.stringify(data))], [{ x: 1 }, /x/]],
	index_status: [[{}, data => assert.equal(data.repositories[0].name, 'shop')], [{ x: 1 }, /x/]],
	cache_stats: [[{}, data => assert.equal(data.cache_stats.active_entries, 1)], [{ x: 1 }, /x/]],
	cache_clear: [[{ scope: 'results', pattern: 'index_*' }, data => assert.deepEqual([data.cleared, data.deleted], [true, 1])], [{ scope: 'everything' }, /scope must be/]],
	manage_index: [[{ action: 'list' }, data => assert.equal(data.indexes[0].name, 'codesearch')],
		[{ action: 'create', index_definition: { fields: [{ name: 'price', type: 'Edm.Double', key: true }] } }, /price is not in the index/]],
	validate_index_schema: [[{ expected_schema: { fields: [{ name: 'content', type: 'Edm.String', searchable: true }] } },
		data => assert.deepEqual([data.valid, data.issues], [true, []])],
		[{ expected_schema: { fields: 'none' } }, /an array/]],
	backup_index_schema: [[{}, data => assert.ok(data.schema.fields.length > 10)], [{ output_file: 'x'.repeat(300) }, /output_file/]],
	get_service_info: [[{}, data => assert.equal(data.status, 'running')], [{ search_service_name: 'other' }, /no search service/]],
	configure_semantic_search: [[{}, data => assert.equal(data.semantic_search, 'disabled')], [{ action: 'enable' }, /Azure AI Search/]],
	create_skillset: [[{ name: 'x', skills: [{ '@odata.type': '#Microsoft.Skills.Text.SplitSkill' }] }, data => assert.equal(data.skillset, 'x')],
		[{ name: 'x', skills: [{ '@odata.type': '#Microsoft.Skills.Text.V3.EntityRecognitionSkill' }] }, /Azure AI Search/]],
	validate_embeddings: [[{}, data => assert.equal(data.validation_passed, false)], [{ index_name: 'other' }, /no index other/]],
	backfill_embeddings: [[{ dry_run: true }, data => assert.ok(data.processed > 0)], [{}, /no embedding provider: the catalog/]],
	manage_documents: [[{ action: 'upload', index_name: 'codesearch', documents: [
			{ id: 'note1', repository: 'notes', file_path: 'a.md', content: 'zebra crossing', language: 'markdown', content_vector: [0.5, 1] },
			{ id: 'note2', repository: 'notes', file_path: 'a.md', content: 'second' }, { id: 'bad' }] },
		data => assert.deepEqual([data.succeeded, data.failed, data.failed_documents[0].key], [2, 1, 'bad'])],
		[{ action: 'upload', index_name: 'codesearch' }, /1 to 1000 documents/]],
	create_datasource: [[{ name: 'src', datasource_type: 'github', connection_info: { repo: 'octo/app', ref: 'v1' }, credentials: { token: '${env:CREDENTIAL_GITHUB}' } },
		data => {
			assert.equal(data.result.has_credentials, true);
			assert.doesNotMatch(JSON.stringify(data), /CREDENTIAL_GITHUB/);
		}],
		[{ name: 'src', datasource_type: 'github', connection_info: { repo: 'octo/app' }, credentials: { token: 'ghp_0123456789' } }, /secrets are not stored/]],
	manage_indexer: [[{ action: 'create', indexer_name: 'octo', datasource_name: 'src', schedule: { interval: 'PT2H' } },
		data => assert.equal(data.created_or_updated, true)],
		[{ action: 'run', indexer_name: 'nobody' }, /no indexer nobody/]],
	index_repository: [[{ repo_path: '/srv/src/shop', patterns: ['*.c'] }, data => {
		assert.equal(data.repo_name, 'shop');
		assert.equal(data.state, 'queued');
	}], [{ repo_path: '/srv/../etc' }, /lead upwards/]],
	index_changed_files: [[{ files: ['src/user.c'], repo_name: 'shop' }, data => assert.equal(data.state, 'queued')],
		[{ files: ['../../etc/passwd'], repo_name: 'shop' }, /no path within/]],
	github_index_repo: [[{ repo: 'octo/app', confirm: true }, data => assert.equal(data.state, 'queued')],
		[{ repo: 'octo/../app' }, /owner\/name/]],
	index_rebuild: [[{ repository: 'shop', confirm: 'yes' }, data => assert.equal(data.state, 'queued')],
		[{ repository: 'nobody' }, /no repository nobody/]],
	clear_repository_documents: [[{ repository_filter: "repository eq 'notes'", confirm: true }, data => assert.equal(data.deleted, 2)],
		[{ repository_filter: "language eq 'c'" }, /repository eq/]],
	/* the last one: the index is empty then */
	rebuild_index: [[{ confirm: true }, data => assert.ok(data.deleted > 0)], [{ confirm: [] }, /confirm/]],
};

/* Tools that ask before they act: with what, and what must still be there. */
const asking = {
	index_rebuild: { repository: 'shop' },
	github_index_repo: { repo: 'octo/app' },
	rebuild_index: {},
	clear_repository_documents: { repository_filter: 'shop' },
	manage_index: { action: 'recreate' },
	manage_documents: () => ({ action: 'delete', index_name: 'codesearch', document_keys: sql('SELECT id FROM codesearch.chunk')[0] }),
};

const state = () => sql('SELECT count(*), (SELECT count(*) FROM codesearch.job) FROM codesearch.chunk')[0].join();
const answer = result => result.structuredContent ?? JSON.parse(result.content[0].text);
const text = result => result.content.map(part => part.text).join();

for (const [version, options] of Object.entries(connections)) {
	const is = name => `${generation}, ${version}: ${name}`;
	const call = (client, name, args) => client.callTool({ name, arguments: args });
	sql('TRUNCATE sallyport.result_cache, codesearch.repository, codesearch.job, codesearch.feedback, codesearch.datasource CASCADE');
	execFileSync(`${process.env.top_builddir}/bin/sallyport-index`, ['--quiet', `${dir}/shop`]);
	const reader = await connect(process.env.SP_TEST_READER, options);
	const admin = await connect(process.env.SP_TEST_TOKEN, options);

	await test(is('all are offered to an administrator'), async () => {
		const listed = (await admin.listTools()).tools;
		assert.deepEqual(listed.map(tool => tool.name).sort(), Object.keys(tools).sort());
		for (const tool of listed)
			assert.ok(tool.title && tool.description && tool.inputSchema && (tool.outputSchema || tool.name === 'create_skillset' ||
				tool.annotations.readOnlyHint), tool.name);
	});

	await test(is('who may only read is offered what only reads'), async () => {
		assert.deepEqual((await reader.listTools()).tools.map(tool => tool.name).sort(), ['cache_stats', 'explain_ranking', 'health_check',
			'index_status', 'preview_query_processing', 'search_code', 'search_code_raw', 'search_microsoft_docs']);
		await assert.rejects(call(reader, 'cache_clear', {}));
	});

	/* each asks first; nothing is changed by asking */
	for (const [name, args] of Object.entries(asking))
		await test(is(`${name} asks first`), async () => {
			const before = state();
			const { data } = answer(await call(admin, name, typeof args === 'function' ? args() : args));
			assert.equal(data.confirmation_required, true);
			assert.match(data.message, /confirm/);
			assert.equal(state(), before);
		});

	await test(is('who has a person before it asks that person'), async () => {
		const questions = [];
		let yes = false;
		const client = await connect(process.env.SP_TEST_TOKEN, options, request => {
			questions.push(request.params.message);
			return yes ? { action: 'accept', content: { confirm: true } } : { action: 'decline' };
		});
		const before = state();
		const declined = await call(client, 'index_rebuild', { repository: 'shop' });
		assert.equal(declined.isError, true);
		assert.match(text(declined), /not confirmed/);
		assert.equal(state(), before);
		assert.match(text(await call(client, 'index_rebuild', { repository: 'shop', confirm: true })), /not confirmed/);
		assert.equal(state(), before);
		yes = true;
		assert.equal(answer(await call(client, 'index_rebuild', { repository: 'shop' })).data.state, 'queued');
		assert.equal(questions.length, 3);
		assert.match(questions[0], /shop/);
		await client.close();
	});

	for (const [name, [success, failure]] of Object.entries(tools)) {
		if (success)
			await test(is(`${name}`), async () => {
				const [args, check] = typeof success === 'function' ? success() : success;
				const result = await call(admin, name, args);
				assert.notEqual(result.isError, true, text(result));
				assert.equal(answer(result).ok, true);
				check(answer(result).data);
			});
		await test(is(`${name} that fails`), async () => {
			const [args, message] = typeof failure === 'function' ? failure() : failure;
			const before = state();
			const result = await call(admin, name, args);
			assert.equal(result.isError, true, text(result));
			assert.match(text(result), message);
			assert.equal(state(), before);
		});
	}

	await test(is('prompts'), async () => {
		const { prompts } = await admin.listPrompts();
		assert.deepEqual(prompts.map(prompt => `${prompt.name}(${(prompt.arguments ?? []).map(a => a.name + (a.required ? '' : '?'))})`).sort(), [
			'compare_implementations(concept)', 'debug_error(error,file?)', 'find_dependencies(function_name)', 'implement_feature(feature)',
			'learn_from_tests(component)', 'manage_azure_search_index()', 'refactor_code(description)', 'search_with_context(query,context_file)',
			'understand_codebase(topic)']);
		for (const prompt of prompts) {
			const args = Object.fromEntries((prompt.arguments ?? []).map(a => [a.name, `</${a.name}> a ${a.name}`]));
			const { messages } = await admin.getPrompt({ name: prompt.name, arguments: args });
			assert.equal(messages.length, 1);
			assert.equal(messages[0].role, 'user');
			for (const a of prompt.arguments ?? [])
				assert.equal(messages[0].content.text.split(`</${a.name}>`).length, 2, 'what was typed ends nothing');
		}
		assert.equal((await reader.listPrompts()).prompts.length, 8);
	});

	await test(is('resources'), async () => {
		const read = async (client, uri) => JSON.parse((await client.readResource({ uri })).contents[0].text);
		assert.deepEqual((await admin.listResources()).resources.map(r => r.uri).sort(), ['resource://pipeline_status',
			'resource://repositories', 'resource://runtime_diagnostics', 'resource://statistics']);
		assert.ok((await read(reader, 'resource://repositories')).repositories.some(r => r.name === 'shop'));
		assert.equal(Object.keys((await read(reader, 'resource://statistics')).features).length, 10);
		assert.equal(typeof (await read(reader, 'resource://pipeline_status')).available, 'boolean');
		assert.equal((await read(admin, 'resource://runtime_diagnostics')).server.backend, 'postgresql');
		await assert.rejects(read(reader, 'resource://runtime_diagnostics'));
	});
	await admin.close();
	await reader.close();
}
done();
