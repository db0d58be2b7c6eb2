/*
 * features.mjs v1|v2 URL OTHER - everything that a client can do, with the official SDKs
 *
 * The server is catalogs/conformance at URL, and once more at OTHER: a web server
 * and processes of its own, with the same PostgreSQL.  What a request begins at
 * one is answered, cancelled and heard of at the other, so that nothing may
 * depend on the memory of a process.  SP_TEST_TOKEN is the access token.
 */
import assert from 'node:assert/strict';
import { done, note, test } from '../lib/tap.mjs';
import { secret, sql } from '../lib/sallyport.mjs';

const [generation, url, other] = process.argv.slice(2);
const headers = { authorization: `Bearer ${process.env.SP_TEST_TOKEN}` };
let Client, Transport, connections, revision, method;

if (generation === 'v2') {
	const sdk = await import('@modelcontextprotocol/client');
	({ Client, StreamableHTTPClientTransport: Transport } = sdk);
	revision = client => client.getNegotiatedProtocolVersion();
	method = name => name;
	connections = {
		'2026-07-28': { versionNegotiation: { mode: { pin: '2026-07-28' } } },
		'2025-11-25': { versionNegotiation: { mode: 'legacy' } },
	};
} else {
	Client = (await import('@modelcontextprotocol/sdk/client/index.js')).Client;
	Transport = (await import('@modelcontextprotocol/sdk/client/streamableHttp.js')).StreamableHTTPClientTransport;
	const types = await import('@modelcontextprotocol/sdk/types.js');
	revision = client => client.transport.protocolVersion;
	/* handlers are set by schema; each has its method as a literal */
	const schemas = Object.fromEntries(Object.values(types).filter(type => type?.shape?.method?.value)
		.map(type => [type.shape.method.value, type]));
	method = name => schemas[name];
	connections = { '2025-11-25': {} };
}

/* ---- two servers ---- */

const asked = { [url]: 0, [other]: 0 };

/* Requests go to the one; what answers, cancels or continues them, and streams that only listen, to the other. */
function target(init) {
	if (init?.method !== 'POST')
		return other;
	const message = JSON.parse(init.body);
	const first = message.id !== undefined && message.method !== undefined &&
		message.params?.inputResponses === undefined &&
		!/^(subscriptions\/listen|resources\/(un)?subscribe|tasks\/)/.test(message.method);
	return first ? url : other;
}

function spread(_, init) {
	const to = target(init);
	asked[to]++;
	return fetch(to, init);
}

/* One request of 2026-07-28, for what no SDK has. */
async function raw(name, params) {
	const response = await spread(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json',
		accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2026-07-28', 'mcp-method': name,
		'mcp-name': params.name ?? params.taskId ?? '' },
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: name, params: { ...params, _meta: {
			'io.modelcontextprotocol/protocolVersion': '2026-07-28',
			'io.modelcontextprotocol/clientCapabilities': { elicitation: {},
				extensions: { 'io.modelcontextprotocol/tasks': {} } } } } }) });
	return response.json();
}

/* ---- helpers ---- */

const text = result => result.content.map(part => part.text).join();

async function until(what, condition, seconds = 15) {
	for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
		if (await condition())
			return;
		await new Promise(resolve => setTimeout(resolve, 50));
	}
	throw new Error(`${what}: not within ${seconds} s`);
}

/* Statements of a tool that run in the database. */
const running = tool => Number(sql(`SELECT count(*) FROM pg_stat_activity
	WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%${tool}%'`)[0][0]);

/* ---- everything, for one revision ---- */

async function features(version, options) {
	const modern = version === '2026-07-28';
	const is = name => `${generation}, ${version}: ${name}`;
	const client = new Client({ name: 'tests', version: '1' }, { ...options,
		capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } } });
	const heard = [];		/* notifications: [method, params] */
	const questions = [];		/* messages of elicitations */
	let person = () => ({ action: 'accept', content: {} });
	const call = (name, args = {}, options, _meta) =>
		client.callTool({ name, arguments: args, ..._meta && { _meta } }, ...generation === 'v1' ? [undefined] : [], options);
	const notified = (name, test = () => true) => heard.some(([m, params]) => m === name && test(params));

	for (const name of ['notifications/message', 'notifications/resources/updated', 'notifications/tools/list_changed',
		'notifications/prompts/list_changed', 'notifications/resources/list_changed'])
		client.setNotificationHandler(method(name), notification => void heard.push([name, notification.params]));
	client.setRequestHandler(method('elicitation/create'), request => {
		questions.push(request.params.message);
		return person(request.params);
	});
	client.setRequestHandler(method('sampling/createMessage'), request => ({ model: 'tests', role: 'assistant',
		content: { type: 'text', text: `an answer to: ${request.params.messages[0].content.text}` } }));
	client.setRequestHandler(method('roots/list'), () => ({ roots: [{ uri: 'file:///home/tests', name: 'tests' }] }));

	await test(is('connects'), async () => {
		await client.connect(new Transport(new URL(url), { fetch: spread, requestInit: { headers } }));
		assert.equal(revision(client), version);
		assert.equal(client.getServerVersion().name, 'sallyport');
		assert.match(client.getInstructions(), /conformance/);
		const can = client.getServerCapabilities();
		for (const capability of ['tools', 'resources', 'prompts', 'completions', ...modern ? [] : ['logging']])
			assert.ok(can[capability], capability);
	});

	/* ---- tools ---- */

	await test(is('lists tools, in a fixed order'), async () => {
		const { tools } = await client.listTools();
		assert.equal(tools[0].name, 'about');
		assert.ok(tools.length > 30, `${tools.length}`);
		const { annotations } = tools.find(tool => tool.name === 'test_trigger_tool_change');
		assert.deepEqual([annotations.readOnlyHint, annotations.destructiveHint, annotations.idempotentHint], [false, false, true]);
	});

	await test(is('results of every kind'), async () => {
		assert.equal(text(await call('test_simple_text')), 'This is a simple text response for testing.');
		const kinds = async name => (await call(name)).content.map(part => part.type);
		assert.deepEqual(await kinds('test_multiple_content_types'), ['text', 'image', 'resource']);
		assert.deepEqual(await kinds('test_audio_content'), ['audio']);
		const [image] = (await call('test_image_content')).content;
		assert.equal(Buffer.from(image.data, 'base64').toString('latin1', 1, 4), 'PNG');
		assert.equal((await call('test_error_handling')).isError, true);
	});

	await test(is('a wrong argument is told to the model, and a header goes with the argument'), async () => {
		const wrong = await call('json_schema_2020_12_tool', { contactMethod: 'phone', email: 'x' });
		assert.equal(wrong.isError, true);
		assert.match(text(wrong), /phone/);
		assert.equal(text(await call('test_x_mcp_header', { region: 'Zürich', level: 3 })), 'region Zürich, level 3');
	});

	await test(is('an unknown tool is an error'), async () => {
		await assert.rejects(call('no_such_tool'), error => error.code === -32602);
	});

	/* ---- what comes before the answer ---- */

	await test(is('progress'), async () => {
		const seen = [];
		await call('test_tool_with_progress', {}, { onprogress: ({ progress, total }) => seen.push([progress, total]) });
		assert.deepEqual(seen, [[0, 100], [50, 100], [100, 100]]);
	});

	await test(is('a log, from the level that was asked for'), async () => {
		heard.length = 0;
		const at = async level => {
			if (!modern)
				await client.setLoggingLevel(level);
			await call('test_tool_with_logging', {}, undefined, { 'io.modelcontextprotocol/logLevel': level });
		};
		await until('silence', async () => {
			heard.length = 0;
			await at('warning');
			await call('test_simple_text');
			return !notified('notifications/message');
		});
		/* a level reaches the other processes a moment after its answer */
		await until('three messages', async () => {
			heard.length = 0;
			await at('info');
			return heard.filter(([m]) => m === 'notifications/message').length === 3;
		});
		assert.deepEqual(heard.map(([, params]) => [params.level, params.data]), [['info', 'Tool execution started'],
			['info', 'Tool processing data'], ['info', 'Tool execution completed']]);
	});

	await test(is('a call that is cancelled ends in the database, too'), async () => {
		const controller = new AbortController();
		const answer = call('slow_compute', { seconds: 60, label: 'x' }, { signal: controller.signal, timeout: 70000 });
		const rejected = assert.rejects(answer);
		rejected.catch(() => undefined);		/* waited for below */
		await until('it runs', () => running('slow_compute') === 1);
		controller.abort('enough');
		await rejected;
		await until('it has ended', () => running('slow_compute') === 0);
	}, 60);

	await test(is('many calls at once, each with its own answer'), async () => {
		const results = await Promise.all(Array.from({ length: 12 }, async (_, i) => text(await call('greet', { name: `n${i}` }))));
		assert.deepEqual(results, results.map((_, i) => `Hello, n${i}!`));
	});

	/* ---- questions ---- */

	await test(is('elicitation: accept, decline, cancel'), async () => {
		person = () => ({ action: 'accept', content: { username: 'alice', email: 'a@example.org' } });
		assert.match(text(await call('test_elicitation', { message: 'Who are you?' })), /action=accept.*alice/);
		assert.equal(questions.at(-1), 'Who are you?');
		for (const action of ['decline', 'cancel']) {
			person = () => ({ action });
			assert.match(text(await call('test_elicitation', { message: 'Who?' })), new RegExp(`action=${action}`));
		}
	});

	await test(is('elicitation: an answer that does not fit is asked for again'), async () => {
		let tries = 0;
		person = () => ({ action: 'accept', content: { username: 'bob', email: ++tries === 1 ? true : 'b@example.org' } });
		assert.match(text(await call('test_elicitation', { message: 'Again?' })), /b@example.*bob/);
		assert.equal(tries, 2);
	});

	await test(is('elicitation: two questions, one after the other'), async () => {
		person = params => ({ action: 'accept', content: params.requestedSchema.properties.name ? { name: 'Ada' } : { color: 'green' } });
		assert.equal(text(await call('test_input_required_result_multi_round')), 'Ada likes green.');
	});

	await test(is('elicitation: a page to visit'), async () => {
		let page;
		person = params => {
			page = params.url;
			return { action: params.mode === 'url' ? 'accept' : 'decline' };
		};
		assert.equal(text(await call('test_elicitation_url')), 'The person said: accept');
		assert.equal(page, 'https://www.example.org/visit?a=1&b=2');
	});

	await test(is('sampling, and roots, and all at once'), async () => {
		assert.equal(text(await call('test_sampling', { prompt: 'two and two?' })), 'LLM response: an answer to: two and two?');
		assert.equal(text(await call('test_input_required_result_list_roots')), 'Roots: file:///home/tests');
		person = () => ({ action: 'accept', content: { name: 'Eve' } });
		assert.equal(text(await call('test_input_required_result_multiple_inputs')), 'an answer to: Generate a greeting., Eve! Roots: 1');
	});

	await test(is('a question is kept while others call'), async () => {
		let decide;
		person = () => new Promise(resolve => { decide = resolve; });
		const slow = call('test_input_required_result_elicitation');
		slow.catch(() => undefined);		/* waited for below */
		await until('it is asked', () => decide !== undefined);
		assert.equal(text(await call('greet', { name: 'somebody' })), 'Hello, somebody!');
		decide({ action: 'accept', content: { name: 'late' } });
		assert.equal(text(await slow), 'Hello, late!');
	});

	/* ---- resources ---- */

	await test(is('resources and templates'), async () => {
		const { resources } = await client.listResources();
		assert.deepEqual(resources.map(resource => resource.uri).sort(),
			['test://static-binary', 'test://static-text', 'test://watched-resource']);
		const { resourceTemplates } = await client.listResourceTemplates();
		assert.deepEqual(resourceTemplates.map(template => template.uriTemplate), ['test://template/{id}/data']);
		const read = async uri => (await client.readResource({ uri })).contents[0];
		assert.equal((await read('test://static-text')).text, 'This is the content of the static text resource.');
		assert.equal(Buffer.from((await read('test://static-binary')).blob, 'base64').toString('latin1', 1, 4), 'PNG');
		assert.equal(JSON.parse((await read('test://template/a%20b/data')).text).id, 'a b');
		await assert.rejects(read('test://nothing'), error => [-32602, -32002].includes(error.code));
	});

	await test(is('a change of a resource, and of the lists, is told'), async () => {
		const uri = 'test://watched-resource';
		let subscription;
		if (modern)
			subscription = await client.listen({ resourceSubscriptions: [uri], toolsListChanged: true, promptsListChanged: true });
		else
			await client.subscribeResource({ uri });
		heard.length = 0;
		await call('test_trigger_resource_update', { uri: 'test://static-text' });	/* nobody asked for */
		await call('test_trigger_resource_update', { uri });
		await until('the resource', () => notified('notifications/resources/updated', params => params.uri === uri));
		assert.equal(notified('notifications/resources/updated', params => params.uri !== uri), false);
		await call('test_trigger_tool_change');
		await until('the tools', () => notified('notifications/tools/list_changed'));
		await call('test_trigger_prompt_change');
		await until('the prompts', () => notified('notifications/prompts/list_changed'));
		if (modern)
			await subscription.close();
		else
			await client.unsubscribeResource({ uri });
		heard.length = 0;
		await call('test_trigger_resource_update', { uri });
		await call('test_trigger_tool_change');
		/* what comes behind it on another stream would have come by now */
		await new Promise(resolve => setTimeout(resolve, 1000));
		assert.equal(notified('notifications/resources/updated'), false);
	});

	/* ---- prompts and completion ---- */

	await test(is('prompts'), async () => {
		const { prompts } = await client.listPrompts();
		assert.deepEqual(prompts.find(prompt => prompt.name === 'test_prompt_with_arguments').arguments.map(a => [a.name, a.required]),
			[['arg1', true], ['arg2', true]]);
		const get = (name, args) => client.getPrompt({ name, arguments: args });
		assert.equal((await get('test_prompt_with_arguments', { arg1: 'x', arg2: 'y' })).messages[0].content.text,
			'Prompt with arguments: arg1=\'x\', arg2=\'y\'');
		assert.deepEqual((await get('test_prompt_with_embedded_resource', { resourceUri: 'test://r' })).messages
			.map(message => message.content.type), ['resource', 'text']);
		await assert.rejects(get('test_prompt_with_arguments', { arg1: 'x' }), error => error.code === -32602);
		person = () => ({ action: 'accept', content: { context: 'a test' } });
		assert.match((await get('test_input_required_result_prompt')).messages[0].content.text, /a test/);
	});

	await test(is('completion'), async () => {
		const complete = async value => (await client.complete({ ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
			argument: { name: 'arg1', value } })).completion.values;
		assert.deepEqual(await complete('par'), ['paris', 'park', 'party']);
		assert.deepEqual(await complete('park'), ['park']);
	});

	await test(is('closes'), async () => {
		await client.transport.terminateSession?.();
		await client.close();
	});
}

for (const [version, options] of Object.entries(connections))
	await features(version, options);

/* ---- tasks: an extension that the SDKs do not have ---- */

async function task(name, args = {}) {
	const { result } = await raw('tools/call', { name, arguments: args });
	assert.equal(result.resultType, 'task');
	secret(result.taskId);
	return result.taskId;
}
const get = async taskId => (await raw('tasks/get', { taskId })).result;
const settled = async (taskId, status) => {
	let now;
	await until(`a task is ${status}`, async () => (now = await get(taskId)).status === status);
	return now;
};

if (generation === 'v2') {
	await test('a task is begun at one and followed at the other', async () => {
		const taskId = await task('slow_compute', { seconds: 1, label: 'slow' });
		assert.equal((await get(taskId)).status, 'working');
		assert.equal(text((await settled(taskId, 'completed')).result), 'slow: took 1 seconds');
	});

	await test('a task that asks', async () => {
		const taskId = await task('confirm_delete', { filename: 'a.txt' });
		const [key] = Object.keys((await settled(taskId, 'input_required')).inputRequests);
		await raw('tasks/update', { taskId, inputResponses: { [key]: { action: 'accept', content: { confirm: true } } } });
		assert.match(text((await settled(taskId, 'completed')).result), /a\.txt is deleted/);
	});

	await test('a task that is cancelled ends in the database, too', async () => {
		const taskId = await task('slow_compute', { seconds: 60, label: 'x' });
		await until('it runs', () => running('slow_compute') === 1);
		await raw('tasks/cancel', { taskId });
		await settled(taskId, 'cancelled');
		await until('it has ended', () => running('slow_compute') === 0);
	}, 60);
}

await test('both servers had their share', () => {
	note(JSON.stringify(asked));
	assert.ok(asked[url] >= 10 && asked[other] >= 10, JSON.stringify(asked));
});
done();
