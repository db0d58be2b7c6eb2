/*
 * conformance.mjs URL REVISION... - the official MCP conformance suite against URL
 *
 * A test for each scenario: it has a report, and no check of it failed.  What the
 * suite only warns of is told.  For a revision that has a set of requirements all
 * of that set is run, scored or not; for another one all that the suite has for
 * it.  With "kill" in SP_TEST_CONFORMANCE each scenario is a run of its own, and
 * before it a process of the MCP endpoint is killed.
 *
 * Runs under the Node.js that the suite asks for (22).
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { done, note, skip, test } from '../lib/tap.mjs';
import { dir } from '../lib/sallyport.mjs';

const [url, ...revisions] = process.argv.slice(2);
const kill = (process.env.SP_TEST_CONFORMANCE ?? '').split(' ').includes('kill');
/* a CGI program keeps no streams, and does not declare what needs them */
const undeclared = (process.env.HTTPD ?? '').endsWith('cgi') ? ['resources-subscribe', 'resources-unsubscribe'] : [];
const cli = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const with_requirements = ['2026-07-28', '2025-11-25'];

async function suite(...args) {
	/* a status that is not 0 only says that a check failed, which the reports say better */
	const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], { maxBuffer: 1 << 26 })
		.catch(error => error);
	return stdout;
}

/* The server scenarios of a revision: {name: scored}. */
async function requirements(revision) {
	const scenarios = {};
	let part;
	for (const line of (await suite('list', '--requirements', revision)).split('\n')) {
		const [, name, marked] = /^ +- (\S+)(?: \[(\w+)\])?$/.exec(line) ?? [];
		if (name === undefined)
			part = /^(Server scenarios|Client scenarios|Run and reported)/.exec(line)?.[0] ?? part;
		else if (part === 'Server scenarios' || (part === 'Run and reported' && marked === 'server'))
			scenarios[name] = part === 'Server scenarios';
	}
	return scenarios;
}

/* One scenario; extensions belong to no revision, hence --force. */
async function one(revision, name, out) {
	await suite('server', '--url', url, '--scenario', name, '--spec-version', revision, '--force', '-o', out);
}

/* What the suite has written below a directory: {name: checks}. */
function reports(out) {
	const found = {};
	for (const file of fs.existsSync(out) ? fs.globSync(`${out}/server-*/checks.json`) : []) {
		const [, name] = /\/server-(.*)-\d{4}-\d\d-\d\dT[\d-]+Z\/checks.json$/.exec(file);
		found[name] = JSON.parse(fs.readFileSync(file, 'utf8'));
	}
	return found;
}

/* ---- processes ---- */

function processes() {
	return fs.readdirSync('/proc').filter(pid => /^\d+$/.test(pid)).filter(pid => {
		try {
			return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${dir}/cgi-bin/mcp`);
		} catch {
			return false;		/* it has ended meanwhile */
		}
	});
}

async function kill_one() {
	const before = processes();
	const victim = before[Math.floor(Math.random() * before.length)];
	process.kill(Number(victim), 'SIGKILL');
	for (let tries = 0; tries < 200; tries++) {
		const now = processes();
		if (!now.includes(victim) && now.length >= before.length)
			return;
		await new Promise(resolve => setTimeout(resolve, 50));
	}
	throw new Error(`nobody started a process in place of ${victim}`);
}

/* ---- results ---- */

function read(checks = [{ status: 'FAILURE', id: 'report', errorMessage: 'there is none' }]) {
	const of = status => checks.filter(check => check.status === status);
	const told = status => of(status).map(check => `${check.id}: ${check.errorMessage ?? check.description}`).join('\n');
	return { failures: told('FAILURE'), warnings: told('WARNING'), unchecked: told('SKIPPED'),
		passed: of('SUCCESS').length, checked: of('SUCCESS').length + of('FAILURE').length };
}

async function judge(name, { failures, warnings, unchecked }) {
	await test(name, () => {
		if (failures)
			throw failures;		/* where it was found says nothing */
	});
	if (warnings)
		note(`warning: ${warnings}`);
	if (unchecked)
		note(`not checked: ${unchecked}`);
}

/* ---- one revision ---- */

async function run(revision) {
	const out = `${dir}/conformance-${revision}`;
	const required = with_requirements.includes(revision) ? await requirements(revision) : undefined;

	if (kill && required) {
		for (const name of Object.keys(required)) {
			await kill_one();
			await one(revision, name, out);
		}
	} else if (required) {
		await suite('server', '--url', url, '--requirements', revision, '-o', out);
	} else {
		await suite('server', '--url', url, '--suite', 'all', '--spec-version', revision, '-o', out);
	}

	const found = reports(out);
	const names = Object.keys(required ?? found);
	await test(`${revision}: there are scenarios`, () => assert.ok(names.length > 20, `${names.length}`));
	const ratio = { scored: [0, 0, 0, 0], 'not scored': [0, 0, 0, 0] };	/* scenarios, of; checks, of */
	for (const name of names) {
		if (undeclared.includes(name)) {
			skip(`${revision} ${name}`, 'no CGI program can');
			continue;
		}
		let result = read(found[name]);
		if (result.failures) {
			/* the suite allows half a second here and there, which a busy machine may not have */
			note(`${revision}: ${name}: a second try, after\n${result.failures}`);
			await one(revision, name, `${out}-again`);
			result = read(reports(`${out}-again`)[name]);
		}
		await judge(`${revision} ${name}`, result);
		const r = ratio[required?.[name] === false ? 'not scored' : 'scored'];
		[result.failures === '', 1, result.passed, result.checked].forEach((n, i) => { r[i] += Number(n); });
	}
	for (const [selection, [passed, all, checks, of]] of Object.entries(ratio))
		if (all > 0)
			note(`${revision}, ${selection}: ${passed}/${all} scenarios, ${checks}/${of} checks`);
}

for (const revision of revisions)
	await run(revision);
done();
