/* fastmcp.mjs PORT - a server made with npm's fastmcp, on http://127.0.0.1:PORT/mcp */
import { FastMCP, UserError } from 'fastmcp';
import { z } from 'zod';

const server = new FastMCP({ name: 'tests', version: '1.0.0' });

server.addTool({ name: 'add', description: 'Adds two numbers', parameters: z.object({ a: z.number(), b: z.number() }),
	annotations: { readOnlyHint: true }, execute: async ({ a, b }) => String(a + b) });
server.addTool({ name: 'fail', description: 'Never works', execute: async () => { throw new UserError('as it should'); } });
server.addTool({ name: 'count', description: 'Counts, and says how far it is', parameters: z.object({ to: z.number().int().max(10) }),
	execute: async ({ to }, { reportProgress }) => {
		for (let i = 1; i <= to; i++) {
			await reportProgress({ progress: i, total: to });
			await new Promise(resolve => setTimeout(resolve, 50));
		}
		return 'done';
	} });
server.addTool({ name: 'ask', description: 'Asks for a name', execute: async (_, { client, elicit }) => {
	const answer = await (elicit ?? client.elicit)({ message: 'Who are you?', requestedSchema: { type: 'object',
		properties: { name: { type: 'string' } }, required: ['name'] } });
	return `${answer.action} ${answer.content?.name}`;
} });
server.addTool({ name: 'think', description: 'Asks a model', parameters: z.object({ about: z.string() }),
	execute: async ({ about }, { sessionId }) => {
		const session = server.sessions.find(one => one.sessionId === sessionId) ?? server.sessions.at(-1);
		const answer = await session.requestSampling({ maxTokens: 10,
			messages: [{ role: 'user', content: { type: 'text', text: about } }] });
		return answer.content.text;
	} });
server.addResource({ uri: 'notes://first', name: 'first', mimeType: 'text/plain', load: async () => ({ text: 'a note' }) });
server.addPrompt({ name: 'greet', description: 'Greets', load: async () => 'Say hello.' });
const completing = values => async value => ({ values: values.filter(one => one.startsWith(value)) });
server.addPrompt({ name: 'travel', description: 'Goes somewhere', arguments: [{ name: 'country', required: true,
	complete: completing(['Finland', 'France', 'Peru']) }], load: async ({ country }) => `Go to ${country}.` });
server.addResourceTemplate({ uriTemplate: 'notes://by/{author}', name: 'notes', mimeType: 'text/plain',
	arguments: [{ name: 'author', complete: completing(['alice', 'bob']) }], load: async ({ author }) => ({ text: `by ${author}` }) });

await server.start({ transportType: 'httpStream', httpStream: { port: Number(process.argv[2]), host: '127.0.0.1' } });
