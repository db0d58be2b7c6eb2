/*
 * browser.mjs - the system's Chromium in front of the Sallyport of a test
 *
 * Names of *.example.test lead to servers of the test.  Where the issuer is https,
 * a TLS server in front of the web server makes it so.
 */
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { Listener, dir, issuer, password, port } from '../lib/sallyport.mjs';

function certificate() {
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
		'-days', '2', '-subj', '/CN=example.test', '-keyout', `${dir}/tls.key`, '-out', `${dir}/tls.pem`],
		{ stdio: 'ignore' });
	return { key: fs.readFileSync(`${dir}/tls.key`), cert: fs.readFileSync(`${dir}/tls.pem`) };
}

/* TLS in front of the web server. */
async function front(tls) {
	const server = https.createServer(tls, (request, response) => {
		const onward = http.request({ host: '127.0.0.1', port, method: request.method, path: request.url,
			headers: request.headers }, answer => {
			response.writeHead(answer.statusCode, answer.headers);
			answer.pipe(response);
		});
		onward.on('error', () => response.destroy());
		request.pipe(onward);
	});
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
	return server.address().port;
}

const tls = certificate();

/* Where the app at https://client.example.test waits. */
export const client = await Listener.start(tls);
client.origin = 'https://client.example.test';

const rules = [`MAP client.example.test 127.0.0.1:${client.port}`, 'MAP *.invalid ~NOTFOUND'];
if (issuer.startsWith('https:'))
	rules.push(`MAP ${new URL(issuer).host} 127.0.0.1:${await front(tls)}`);

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [
	'--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync', `--host-resolver-rules=${rules.join(', ')}`] });

/* What pages were refused by their Content-Security-Policy, and the scripts that failed. */
export const violations = [];

/* A browser of its own: no cookies, no history. */
export async function person(options = {}) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
	context.setDefaultTimeout(15000);
	context.on('console', message => {
		if (/content security policy|refused to/i.test(message.text()))
			violations.push(`${message.page()?.url()}: ${message.text()}`);
	});
	context.on('weberror', error => violations.push(String(error.error())));
	return context;
}

export async function signIn(page, user, secret = password(user)) {
	await page.getByLabel('User name').fill(user);
	await page.getByLabel('Password').fill(secret);
	await page.getByRole('button', { name: 'Sign in' }).click();
}

/* Opens a request in a new tab and gets as far as the consent page. */
export async function consentPage(context, request, user) {
	const page = await context.newPage();
	await page.goto(request.url);
	if (user)
		await signIn(page, user);
	await page.getByRole('button', { name: 'Allow' }).waitFor();
	return page;
}

export function press(page, name) {
	return page.getByRole('button', { name, exact: true }).click();
}
