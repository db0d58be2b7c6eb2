/*
 * listed.mjs [NAME ARGUMENTS] - the tools of sallyport-stdio, listed by the official TypeScript SDK, and one of them called
 *
 * Prints how many there are, and how many have schemas that Ajv compiles.
 */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';

const [program, user, name, args] = process.argv.slice(2);
const client = new Client({ name: 'tests', version: '1' });
await client.connect(new StdioClientTransport({ command: program, args: ['--as', user], env: process.env, stderr: 'ignore' }));

const tools = [];
let cursor;
do {
	const page = await client.listTools({ cursor });
	tools.push(...page.tools);
	cursor = page.nextCursor;
} while (cursor !== undefined);

const validator = new AjvJsonSchemaValidator();
let compiled = 0;
for (const tool of tools) {
	validator.getValidator(tool.inputSchema);
	if (tool.outputSchema !== undefined)
		validator.getValidator(tool.outputSchema);
	compiled += /^[A-Za-z0-9_-]{1,64}$/.test(tool.name) &&
		Object.keys(tool.inputSchema.properties).every(key => /^[a-zA-Z0-9_.-]{1,64}$/.test(key));
}
console.log(`${tools.length} listed, ${compiled} good`);
if (name !== undefined) {
	const result = await client.callTool({ name, arguments: JSON.parse(args) });
	console.log(JSON.stringify(result.structuredContent));
}
await client.close();
