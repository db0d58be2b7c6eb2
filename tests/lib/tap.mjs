/*
 * tap.mjs - the Test Anything Protocol for the *.mjs of tests/browser and tests/clients
 *
 *	import { test, done } from '../lib/tap.mjs';
 *	await test('two and two', () => assert.equal(2 + 2, 4));
 *	done();
 *
 * A test is a function that throws when something is wrong.  They run one after
 * the other; one that takes longer than its seconds has failed.
 */
let count = 0, failed = 0;

export function note(text) {
	for (const line of String(text).split('\n'))
		console.log(`# ${line}`);
}

export async function test(name, run, seconds = 30) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1000);
	});
	count++;
	try {
		await Promise.race([run(), late]);
		console.log(`ok ${count} - ${name}`);
	} catch (error) {
		failed++;
		console.log(`not ok ${count} - ${name}`);
		note(error?.stack ?? error);
		if (error?.cause)
			note(`because of ${error.cause.stack ?? error.cause}`);
	} finally {
		clearTimeout(timer);
	}
}

export function skip(name, reason) {
	console.log(`ok ${++count} - ${name} # SKIP ${reason}`);
}

/* The plan, and the end of the program: what a client library leaves running must not hold it. */
export function done() {
	console.log(`1..${count}`);
	process.exit(failed > 0 ? 1 : 0);
}
