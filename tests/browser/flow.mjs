/* flow.mjs - what people do with the sign-in and consent pages */
import assert from 'node:assert/strict';
import { done, test } from '../lib/tap.mjs';
import { Listener, authorizationRequest, issuer, redeem, register, sql, userOf } from '../lib/sallyport.mjs';
import { client, consentPage, person, press, signIn, violations } from './browser.mjs';

const program = await Listener.start();		/* an app on the person's own computer */
const loopback = `http://127.0.0.1:${program.port}/callback`;
const { client_id: app } = await register({ client_name: 'Program', redirect_uris: ['http://127.0.0.1/callback'] });
const website = `${client.origin}/callback`;
const { client_id: site } = await register({ client_name: 'Website', redirect_uris: [website] });

const toApp = more => authorizationRequest(app, loopback, more);
const toSite = more => authorizationRequest(site, website, more);

/* The answer belongs to the request, and its code buys a token of this person. */
async function assertAllowed(request, answer, user) {
	assert.equal(answer.error, undefined);
	assert.equal(answer.state, request.state);
	assert.equal(answer.iss, issuer);
	const tokens = await redeem(request, answer.code);
	assert.equal(tokens.status, 200, tokens.error_description);
	assert.equal(userOf(tokens.access_token), user);
}

async function assertErrorPage(page, reason) {
	await page.getByText(reason).waitFor();
	assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'This request cannot be answered');
	assert.ok(await page.getByText('Go back to the app and connect again').isVisible());
	assert.match(await page.locator('dd').last().textContent(), /^[A-Za-z0-9_-]{22}$/);
}

const decisions = decision =>
	Number(sql(`SELECT count(*) FROM sallyport.audit WHERE event = 'authorize.${decision}'`)[0][0]);

/* ---- yes and no ---- */

await test('allow: the code reaches a program on this computer', async () => {
	const context = await person(), request = toApp();
	const page = await consentPage(context, request, 'alice');
	assert.ok(await page.getByText('127.0.0.1', { exact: true }).isVisible());
	assert.ok(await page.getByText('unverified name').isVisible());
	assert.ok(await page.getByText('Did you start this just now?').isVisible());
	assert.equal(await page.getByRole('checkbox').count(), 0, 'a loopback address cannot be remembered');
	await press(page, 'Allow');
	const answer = await program.answer(request);
	await assertAllowed(request, answer, 'alice');
	assert.equal(answer.headers.referer, undefined, 'the app does not see our address');
	await page.getByRole('heading', { name: 'connected' }).waitFor();
	await context.close();
});

await test('deny: the app is told so, and nothing else', async () => {
	const context = await person(), request = toSite();
	const page = await consentPage(context, request, 'alice');
	await press(page, 'Deny');
	const { headers, ...answer } = await client.answer(request);
	assert.deepEqual(answer, { error: 'access_denied', state: request.state, iss: issuer });
	await context.close();
});

await test('an app with a scheme of its own gets its answer there', async () => {
	const { client_id } = await register({ redirect_uris: ['com.example.app:/callback'] });
	const context = await person(), request = authorizationRequest(client_id, 'com.example.app:/callback');
	const page = await consentPage(context, request, 'alice');
	assert.ok(await page.getByText('com.example.app:', { exact: true }).isVisible());
	assert.ok(await page.getByText('has not said its name').isVisible());
	const answered = page.waitForResponse(response => response.request().method() === 'POST');
	await press(page, 'Allow');
	const location = new URL((await (await answered).allHeaders()).location);
	assert.equal(location.protocol + location.pathname, 'com.example.app:/callback');
	await assertAllowed(request, Object.fromEntries(location.searchParams), 'alice');
	await context.close();
});

/* ---- remembering ---- */

await test('remembered: the same request is answered without a page', async () => {
	const context = await person();
	let request = toSite(), page = await consentPage(context, request, 'alice');
	await press(page, 'Allow');
	await assertAllowed(request, await client.answer(request), 'alice');

	page = await consentPage(context, request = toSite());
	await page.getByRole('checkbox', { name: 'Do not ask again' }).check();
	await press(page, 'Allow');
	await assertAllowed(request, await client.answer(request), 'alice');

	page = await context.newPage();
	await page.goto((request = toSite()).url);
	await assertAllowed(request, await client.answer(request), 'alice');

	await page.goto((request = toSite({ prompt: 'consent' })).url);
	await press(page, 'Allow');
	await assertAllowed(request, await client.answer(request), 'alice');
	await context.close();
});

await test('but not when the link is on somebody else\'s page', async () => {
	const context = await person(), request = toSite(), page = await context.newPage();
	const before = toSite();
	await page.goto(before.url);
	await signIn(page, 'alice');
	await client.answer(before);		/* remembered by the test before */
	client.page = `<!doctype html><title>x</title><a href="${request.url.replaceAll('&', '&amp;')}">connect</a>`;
	await page.goto(client.origin);
	await page.getByRole('link').click();
	await press(page, 'Allow');
	await assertAllowed(request, await client.answer(request), 'alice');
	await context.close();
});

/* ---- signing in ---- */

await test('a wrong password: said aloud, the name kept, the next try possible', async () => {
	const context = await person(), request = toSite({ prompt: 'consent' }), page = await context.newPage();
	await page.goto(request.url);
	await page.locator('#username:focus').waitFor();
	await signIn(page, 'alice', 'not the password');
	const alert = page.getByRole('alert');
	assert.match(await alert.textContent(), /do not belong together/);
	assert.match(await page.title(), /^Error: /);
	assert.equal(await page.getByLabel('User name').inputValue(), 'alice');
	const field = page.getByLabel('Password');
	await page.locator('#password:focus').waitFor();
	assert.equal(await field.inputValue(), '');
	assert.equal(await field.getAttribute('aria-describedby'), await alert.getAttribute('id'));
	await signIn(page, 'alice');
	await press(page, 'Allow');
	await assertAllowed(request, await client.answer(request), 'alice');
	await context.close();
});

await test('an unknown name gets the same words', async () => {
	const context = await person(), page = await context.newPage();
	await page.goto(toSite().url);
	await signIn(page, 'nobody', 'whatever it is');
	assert.match(await page.getByRole('alert').textContent(), /do not belong together/);
	await context.close();
});

await test('prompt=none and nobody signed in: the app is told', async () => {
	const context = await person(), request = toSite({ prompt: 'none' }), page = await context.newPage();
	await page.goto(request.url);
	assert.equal((await client.answer(request)).error, 'login_required');
	await context.close();
});

await test('by keyboard alone', async () => {
	const context = await person(), request = toSite({ prompt: 'consent' }), page = await context.newPage();
	const focused = () => page.evaluate(() => document.activeElement.labels?.[0]?.textContent.trim() ??
		document.activeElement.textContent.trim());
	await page.goto(request.url);
	await page.locator('#username:focus').waitFor();
	await page.keyboard.type('alice');
	await page.keyboard.press('Tab');
	await page.keyboard.type('correct horse alice staple');
	await page.keyboard.press('Enter');
	await page.getByRole('button', { name: 'Allow' }).waitFor();
	const order = [];
	for (let i = 0; i < 4; i++) {
		await page.keyboard.press('Tab');
		order.push(await focused());
		const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
		assert.ok(parseFloat(outline) >= 2, `focus is visible on ${order.at(-1)}`);
	}
	assert.deepEqual(order, ['Use another account', 'Do not ask again when it wants the same', 'Deny', 'Allow']);
	await page.keyboard.press('Enter');
	await assertAllowed(request, await client.answer(request), 'alice');
	await context.close();
});

await test('Enter in the form of the consent page does not allow', async () => {
	const context = await person(), request = toSite({ prompt: 'consent' });
	const page = await consentPage(context, request, 'alice');
	await page.getByRole('checkbox').focus();
	await page.keyboard.press('Enter');
	assert.equal((await client.answer(request)).error, 'access_denied');
	await context.close();
});

/* ---- more than once ---- */

await test('double click on Allow: one decision, one good code', async () => {
	const context = await person(), request = toApp();
	const page = await consentPage(context, request, 'alice'), before = decisions('approve');
	await page.getByRole('button', { name: 'Allow' }).dblclick({ noWaitAfter: true });
	await page.getByRole('heading', { name: 'connected' }).waitFor();
	await assertAllowed(request, await program.answer(request), 'alice');
	assert.equal(decisions('approve'), before + 1);
	await context.close();
});

await test('double click on Deny: one decision', async () => {
	const context = await person(), request = toApp();
	const page = await consentPage(context, request, 'alice'), before = decisions('deny');
	await page.getByRole('button', { name: 'Deny' }).dblclick({ noWaitAfter: true });
	await page.getByRole('heading', { name: 'connected' }).waitFor();
	assert.equal((await program.answer(request)).error, 'access_denied');
	assert.equal(decisions('deny'), before + 1);
	await context.close();
});

await test('Back after the decision: the page asks anew, and can be answered', async () => {
	const context = await person(), request = toApp();
	const page = await consentPage(context, request, 'alice');
	await press(page, 'Allow');
	await assertAllowed(request, await program.answer(request), 'alice');
	await page.goBack();
	await press(page, 'Deny');
	assert.equal((await program.answer(request)).error, 'access_denied');
	await context.close();
});

await test('two tabs: each its own answer, in any order', async () => {
	const context = await person(), one = toApp(), two = toApp();
	const first = await consentPage(context, one, 'alice'), second = await consentPage(context, two);
	await press(second, 'Allow');
	await assertAllowed(two, await program.answer(two), 'alice');
	await press(first, 'Allow');
	await assertAllowed(one, await program.answer(one), 'alice');
	await context.close();
});

await test('two tabs before signing in: one sign-in serves both', async () => {
	const context = await person(), one = toApp(), two = toApp();
	const first = await context.newPage(), second = await context.newPage();
	await first.goto(one.url);
	await second.goto(two.url);
	await signIn(first, 'alice');
	await press(first, 'Allow');
	await assertAllowed(one, await program.answer(one), 'alice');
	await signIn(second, 'alice');
	await press(second, 'Allow');
	await assertAllowed(two, await program.answer(two), 'alice');
	await context.close();
});

/* ---- two accounts ---- */

await test('two browsers, two people', async () => {
	const [hers, his] = [await person(), await person()], [one, two] = [toApp(), toApp()];
	const first = await consentPage(hers, one, 'alice'), second = await consentPage(his, two, 'bob');
	await press(first, 'Allow');
	await assertAllowed(one, await program.answer(one), 'alice');
	await press(second, 'Allow');
	await assertAllowed(two, await program.answer(two), 'bob');
	await hers.close();
	await his.close();
});

await test('not you? another account takes the request over', async () => {
	const context = await person(), request = toApp();
	const page = await consentPage(context, request, 'alice');
	assert.ok(await page.getByText('Signed in as alice').isVisible());
	const cookie = (await context.cookies()).find(c => c.name === '__Host-session');
	await press(page, 'Use another account');
	await page.getByLabel('User name').waitFor();
	assert.equal(await page.getByLabel('User name').inputValue(), '');
	assert.equal((await context.cookies()).find(c => c.name === '__Host-session'), undefined);
	assert.equal(Number(sql('SELECT count(*) FROM sallyport.browser_session WHERE session_sha256 = ' +
		`sha256('${cookie.value}')`)[0][0]), 0, 'the session is over');
	await signIn(page, 'bob');
	assert.ok(await page.getByText('Signed in as bob').isVisible());
	await press(page, 'Allow');
	await assertAllowed(request, await program.answer(request), 'bob');
	await context.close();
});

await test('prompt=login and prompt=select_account ask who it is', async () => {
	const context = await person();
	await consentPage(context, toApp(), 'alice');
	sql("UPDATE sallyport.browser_session SET auth_time = auth_time - interval '1 hour'");
	const asked = toApp({ prompt: 'login' }), page = await consentPage(context, asked, 'alice');
	await press(page, 'Allow');
	await assertAllowed(asked, await program.answer(asked), 'alice');
	sql("UPDATE sallyport.browser_session SET auth_time = auth_time - interval '1 hour'");
	const chosen = toApp({ prompt: 'select_account' }), other = await consentPage(context, chosen, 'bob');
	await press(other, 'Allow');
	await assertAllowed(chosen, await program.answer(chosen), 'bob');
	await context.close();
});

await test('a page of one account is not answered as another', async () => {
	const context = await person(), old = await consentPage(context, toApp(), 'alice');
	const page = await consentPage(context, toApp());
	await press(page, 'Use another account');
	await signIn(page, 'bob');
	await page.getByText('Signed in as bob').waitFor();
	await press(old, 'Allow');
	await assertErrorPage(old, 'the form was made for another browser or sign-in');
	await context.close();
});

/* ---- what browsers leave out ---- */

await test('no cookies: the page says what is missing', async () => {
	const context = await person(), page = await context.newPage();
	await page.goto(toApp().url);
	await context.clearCookies();
	await signIn(page, 'alice');
	await assertErrorPage(page, 'this site needs cookies to be allowed');
	await context.close();
});

await test('signed out meanwhile: the page says so', async () => {
	const context = await person(), page = await consentPage(context, toApp(), 'alice');
	await context.clearCookies();
	await press(page, 'Allow');
	await assertErrorPage(page, 'you are signed out');
	await context.close();
});

await test('scripts disabled: everything works', async () => {
	const context = await person({ javaScriptEnabled: false }), request = toApp();
	const page = await consentPage(context, request, 'alice');
	await press(page, 'Allow');
	await assertAllowed(request, await program.answer(request), 'alice');
	await context.close();
});

await test('the cookies are ours alone: __Host-, Secure, HttpOnly, SameSite=Lax', async () => {
	const context = await person();
	await consentPage(context, toApp(), 'alice');
	const cookies = await context.cookies();
	assert.deepEqual(cookies.map(c => c.name).sort(), ['__Host-browser', '__Host-session']);
	for (const cookie of cookies)
		assert.deepEqual([cookie.secure, cookie.httpOnly, cookie.sameSite, cookie.path], [true, true, 'Lax', '/']);
	await context.close();
});

await test('no page broke its security policy', async () => assert.deepEqual(violations, []));

/* ---- somebody else's page ---- */

await test('another site cannot show our pages in a frame', async () => {
	const context = await person(), page = await context.newPage();
	client.page = `<!doctype html><title>x</title><iframe src="${toApp().url.replaceAll('&', '&amp;')}"></iframe>`;
	await page.goto(client.origin);
	await page.waitForTimeout(500);
	const frame = page.frames()[1];
	assert.equal(await frame.getByLabel('User name').count().catch(() => 0), 0);
	assert.match(violations.join(), /frame-ancestors/, 'and so we know that violations are seen');
	await context.close();
});

await test('another site cannot send our forms', async () => {
	const context = await person(), page = await consentPage(context, toApp(), 'alice'), before = decisions('approve');
	const handle = await page.locator('input[name=request]').first().inputValue();
	client.page = `<!doctype html><title>x</title><form method="post" action="${issuer}/authorize">
		<input name="request" value="${handle}"><button name="decision" value="allow">go</button></form>`;
	await page.goto(client.origin);
	await press(page, 'go');
	await page.getByText('This request cannot be answered').first().waitFor();
	assert.equal(decisions('approve'), before);
	await context.close();
});

done();
