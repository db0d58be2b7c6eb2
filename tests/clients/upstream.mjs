/*
 * upstream.mjs v1|v2 URL KIND... - other MCP servers, seen through ours, with the official SDKs
 *
 * KIND is "everything" (the official server-everything), "fastmcp" (fastmcp.mjs) or
 * "modern" (a Sallyport of 2026-07-28); their tools have the prefix KIND_.
 * SP_TEST_TOKEN is the access token.
 */
import assert from 'node:assert/strict';
import { done, test } from '../lib/tap.mjs';

const [generation, url, ...kinds] = process.argv.slice(2);
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
	const schemas = Object.fromEntries(Object.values(types).filter(type => type?.shape?.method?.value)
		.map(type => [type.shape.method.value, type]));
	method = name => schemas[name];
	connections = { '2025-11-25': {} };
}

const text = result => result.content.map(part => part.text).join();

async function features(version, options, kind) {
	const modern = version === '2026-07-28';
	const is = name => `${kind}, ${generation}, ${version}: ${name}`;
	const client = new Client({ name: 'tests', version: '1' }, { ...options,
		capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } } });
	const questions = [], logs = [], used = new Set();
	let person = () => ({ action: 'accept', content: { name: 'alice' } });
	const call = (name, args = {}, options, _meta) => used.add(name) && client.callTool({ name: `${kind}_${name}`, arguments: args,
		..._meta && { _meta } }, ...generation === 'v1' ? [undefined] : [], { timeout: 90000, ...options });
	const complete = async (ref, name, value, args) => (await client.complete({ ref, argument: { name, value },
		...args && { context: { arguments: args } } })).completion.values;

	client.setNotificationHandler(method('notifications/message'), ({ params }) => void logs.push(params));
	client.setRequestHandler(method('elicitation/create'), request => {
		questions.push(request.params.message);
		/* that of our own gateway, for a tool whose document says `confirm` */
		if (request.params.requestedSchema?.properties?.confirm)
			return { action: 'accept', content: { confirm: true } };
		return person(request.params);
	});
	client.setRequestHandler(method('sampling/createMessage'), request => ({ model: 'tests', role: 'assistant',
		content: { type: 'text', text: `an answer to: ${request.params.messages[0].content.text}` } }));
	client.setRequestHandler(method('roots/list'), () => ({ roots: [{ uri: 'file:///home/tests', name: 'tests' }] }));

	await test(is('connects'), async () => {
		await client.connect(new Transport(new URL(url), { requestInit: { headers } }));
		assert.equal(revision(client), version);
	});
	await test(is('lists tools under the prefix'), async () => {
		const { tools } = await client.listTools();
		assert.ok(tools.some(tool => tool.name.startsWith(`${kind}_`)), tools.map(tool => tool.name).join());
	});
	await test(is('an unknown tool is an error'), async () => {
		await assert.rejects(call('no_such_tool'), error => error.code === -32602);
	});

	if (kind === 'everything') {
		await test(is('results of every kind'), async () => {
			assert.equal(text(await call('echo', { message: 'grüß dich' })), 'Echo: grüß dich');
			assert.match(text(await call('get-sum', { a: 2, b: 40 })), /42/);
			assert.ok((await call('get-tiny-image')).content.some(part => part.type === 'image'));
			assert.equal(typeof (await call('get-structured-content', { location: 'Chicago' })).structuredContent.temperature, 'number');
			const annotated = await call('get-annotated-message', { messageType: 'error', includeImage: true });
			assert.equal(annotated.content[0].annotations.priority, 1);
		});
		await test(is('progress'), async () => {
			const seen = [];
			await call('trigger-long-running-operation', { duration: 1, steps: 4 }, { onprogress: p => seen.push(p.progress) });
			/* a call that asks is made again from its beginning */
			assert.deepEqual(seen.slice(-4), [1, 2, 3, 4]);
		});
		await test(is('a call that is cancelled'), async () => {
			const controller = new AbortController();
			const answer = call('trigger-long-running-operation', { duration: 60, steps: 2 }, { signal: controller.signal });
			setTimeout(() => controller.abort('enough'), 1500);
			await assert.rejects(answer);
		});
		await test(is('elicitation: accept, decline'), async () => {
			assert.match(text(await call('trigger-elicitation-request')), /alice/);
			person = () => ({ action: 'decline' });
			assert.match(text(await call('trigger-elicitation-request')), /decline/);
			assert.ok(questions.length >= 2);
		});
		await test(is('sampling'), async () => {
			assert.match(text(await call('trigger-sampling-request', { prompt: 'two and two?' })), /an answer to: .*two and two\?/s);
		});
		await test(is('elicitation of a URL, and roots'), async () => {
			const urls = [];
			person = params => {
				urls.push(params.url);
				return { action: 'accept' };
			};
			assert.match(text(await call('trigger-url-elicitation', { url: 'https://example.com/go', elicitationId: 'e1' })), /User completed/);
			assert.deepEqual(urls, ['https://example.com/go']);
			assert.ok(text(await call('get-roots-list')).length > 0);
		});
		await test(is('links and resources in results, under our names'), async () => {
			const links = (await call('get-resource-links', { count: 2 })).content.filter(part => part.type === 'resource_link');
			assert.deepEqual(links.map(link => link.uri.split(':')[0]), ['everything+demo', 'everything+demo']);
			const { contents } = await client.readResource({ uri: links[0].uri });
			assert.equal(contents[0].uri, links[0].uri);
			const referenced = (await call('get-resource-reference', { resourceType: 'Blob', resourceId: 2 })).content;
			assert.ok(referenced.find(part => part.type === 'resource').resource.uri.startsWith('everything+demo://'));
			const zipped = (await call('gzip-file-as-resource', { name: 'a.gz', data: 'data:text/plain,hello', outputType: 'resource' })).content;
			assert.equal(zipped[0].resource.mimeType, 'application/gzip');
			assert.match(text(await call('get-env')), /PATH/);
			for (const toggle of ['toggle-simulated-logging', 'toggle-subscriber-updates'])
				assert.match(text(await call(toggle)), /Started|Stopped/);
		});
		await test(is('completions of a prompt'), async () => {
			const ref = { type: 'ref/prompt', name: 'everything_completable-prompt' };
			assert.deepEqual(await complete(ref, 'department', 'S'), ['Sales', 'Support']);
			assert.deepEqual(await complete(ref, 'name', '', { department: 'Sales' }), ['David', 'Eve', 'Frank']);
			assert.deepEqual(await complete(ref, 'department', 'zzz'), []);
			assert.deepEqual(await complete({ type: 'ref/prompt', name: 'everything_resource-prompt' }, 'resourceType', 'B'), ['Blob']);
			await assert.rejects(complete(ref, 'nobody', 'x'), error => error.code === -32602);
		});
		await test(is('completions of a template, and what it makes'), async () => {
			const { resourceTemplates } = await client.listResourceTemplates();
			const { uriTemplate } = resourceTemplates.find(template => /text/.test(template.uriTemplate));
			assert.deepEqual(await complete({ type: 'ref/resource', uri: uriTemplate }, 'resourceId', '7'), ['7']);
			assert.deepEqual(await complete({ type: 'ref/resource', uri: uriTemplate }, 'resourceId', 'x'), []);
			const { contents } = await client.readResource({ uri: uriTemplate.replace(/{.*}/, '7') });
			assert.match(contents[0].text, /^Resource 7:/);
		});
		await test(is('a tool that is only a task, with what it says meanwhile'), async () => {
			const said = [];
			assert.match(text(await call('simulate-research-query', { topic: 'tides' }, { onprogress: p => said.push(p.message) })), /Topic\*\*: tides/);
			assert.ok(said.some(message => /\.\.\.$/.test(message)), said.join());
		});
		await test(is('a task that asks'), async () => {
			person = () => ({ action: 'accept', content: { interpretation: 'snake' } });
			assert.match(text(await call('simulate-research-query', { topic: 'python', ambiguous: true })), /Clarification\*\*: snake/);
		});
		await test(is('a task that is cancelled'), async () => {
			const controller = new AbortController();
			const answer = call('simulate-research-query', { topic: 'tides' }, { signal: controller.signal });
			setTimeout(() => controller.abort('enough'), 1500);
			await assert.rejects(answer);
		});
		await test(is('every prompt'), async () => {
			const args = { 'args-prompt': { city: 'Basel' }, 'completable-prompt': { department: 'Sales', name: 'Eve' },
				'resource-prompt': { resourceType: 'Text', resourceId: '3' }, 'simple-prompt': {} };
			const { prompts } = await client.listPrompts();
			assert.deepEqual(prompts.map(prompt => prompt.name).filter(name => name.startsWith('everything_')).sort(),
				Object.keys(args).sort().map(name => `everything_${name}`));
			for (const name in args)
				assert.ok((await client.getPrompt({ name: `everything_${name}`, arguments: args[name] })).messages.length > 0);
		});
		await test(is('no tool was left out'), async () => {
			const { tools } = await client.listTools();
			assert.deepEqual(tools.map(tool => tool.name).filter(name => name.startsWith('everything_')).sort(),
				[...used].filter(name => name !== 'no_such_tool').sort().map(name => `everything_${name}`));
		});
	}
	if (kind === 'modern') {
		await test(is('results of every kind'), async () => {
			assert.equal(text(await call('test_simple_text')), 'This is a simple text response for testing.');
			assert.deepEqual((await call('test_multiple_content_types')).content.map(part => part.type), ['text', 'image', 'resource']);
			assert.equal((await call('test_error_handling')).isError, true);
			assert.equal(text(await call('test_x_mcp_header', { region: 'Zürich', level: 3 })), 'region Zürich, level 3');
		});
		await test(is('progress and logs'), async () => {
			const seen = [];
			await call('test_tool_with_progress', {}, { onprogress: ({ progress }) => seen.push(progress) });
			assert.deepEqual(seen, [0, 50, 100]);
			if (!modern)
				await client.setLoggingLevel('info');
			for (let i = 0; i < 50 && logs.length < 3; i++) {
				logs.length = 0;
				await call('test_tool_with_logging', {}, undefined, { 'io.modelcontextprotocol/logLevel': 'info' });
				await new Promise(resolve => setTimeout(resolve, 100));
			}
			assert.equal(logs.length, 3);
		});
		await test(is('elicitation, sampling, roots'), async () => {
			person = () => ({ action: 'accept', content: { username: 'alice', email: 'a@example.com' } });
			assert.match(text(await call('test_elicitation', { message: 'Who are you?' })), /action=accept.*alice/);
			assert.equal(text(await call('test_sampling', { prompt: 'two and two?' })), 'LLM response: an answer to: two and two?');
			assert.equal(text(await call('test_input_required_result_list_roots')), 'Roots: file:///home/tests');
		});
	}
	if (kind === 'fastmcp') {
		await test(is('results'), async () => {
			assert.equal(text(await call('add', { a: 40, b: 2 })), '42');
			assert.equal((await call('fail')).isError, true);
		});
		await test(is('progress'), async () => {
			const seen = [];
			await call('count', { to: 3 }, { onprogress: p => seen.push(p.progress) });
			assert.deepEqual(seen, [1, 2, 3]);
		});
		await test(is('completions, and what they complete'), async () => {
			const prompt = { type: 'ref/prompt', name: 'fastmcp_travel' }, template = { type: 'ref/resource', uri: 'fastmcp+notes://by/{author}' };
			assert.deepEqual(await complete(prompt, 'country', 'F'), ['Finland', 'France']);
			assert.deepEqual(await complete(template, 'author', 'b'), ['bob']);
			assert.equal((await client.getPrompt({ name: 'fastmcp_travel', arguments: { country: 'Peru' } })).messages[0].content.text,
				'Go to Peru.');
			assert.equal((await client.readResource({ uri: 'fastmcp+notes://by/bob' })).contents[0].text, 'by bob');
		});
		await test(is('elicitation and sampling, on a stream of their own'), async () => {
			assert.equal(text(await call('ask')), 'accept alice');
			assert.match(text(await call('think', { about: 'two and two' })), /an answer to: two and two/);
		});
	}
	await test(is('resources and prompts'), async () => {
		const { resources } = await client.listResources();
		const mine = resources.filter(resource => resource.uri.startsWith(`${kind}+`));
		assert.ok(mine.length > 0);
		const { contents } = await client.readResource({ uri: mine[0].uri });
		assert.equal(contents[0].uri, mine[0].uri);
		const { prompts } = await client.listPrompts();
		const plain = prompts.filter(prompt => prompt.name.startsWith(`${kind}_`) && !prompt.arguments?.some(a => a.required));
		const simple = plain.find(prompt => /simple/.test(prompt.name)) ?? plain[0];
		assert.ok(simple, prompts.map(prompt => prompt.name).join());
		assert.ok((await client.getPrompt({ name: simple.name })).messages.length > 0);
	});
	await client.close();
}

for (const kind of kinds)
	for (const [version, options] of Object.entries(connections))
		await features(version, options, kind);
done();
