/* limits.mjs - pages that waited too long, and too many tries (three are allowed, a request lives 3 s) */
import assert from 'node:assert/strict';
import { done, test } from '../lib/tap.mjs';
import { authorizationRequest, register } from '../lib/sallyport.mjs';
import { client, consentPage, person, press, signIn, violations } from './browser.mjs';

const website = `${client.origin}/callback`;
const { client_id } = await register({ client_name: 'Website', redirect_uris: [website] });
const request = () => authorizationRequest(client_id, website);

async function assertExpired(page) {
	await page.getByText('the request has waited too long for an answer').waitFor();
	assert.ok(await page.getByText('Go back to the app and connect again').isVisible());
}

await test('a sign-in page that waited too long', async () => {
	const context = await person(), page = await context.newPage();
	await page.goto(request().url);
	await page.waitForTimeout(4200);
	await signIn(page, 'alice');
	await assertExpired(page);
	await context.close();
});

await test('a consent page that waited too long', async () => {
	const context = await person(), asked = request(), page = await consentPage(context, asked, 'alice');
	await page.waitForTimeout(4200);
	await press(page, 'Allow');
	await assertExpired(page);
	await page.goBack();
	await page.reload();
	await press(page, 'Deny');
	assert.equal((await client.answer(asked)).error, 'access_denied', 'a new page can be answered');
	await context.close();
});

await test('too many tries: wait, and how long', async () => {
	const context = await person(), page = await context.newPage();
	await page.goto(request().url);
	for (let i = 0; i < 3; i++) {
		await signIn(page, 'bob', 'not the password');
		await page.getByText('do not belong together').waitFor();
	}
	const answered = page.waitForResponse(response => response.request().method() === 'POST');
	await signIn(page, 'bob');
	const answer = await answered;
	assert.equal(answer.status(), 429);
	assert.ok(Number(answer.headers()['retry-after']) > 0);
	assert.match(await page.getByRole('alert').textContent(), /^Too many tries that did not work\. Wait 1?[0-9] min/);
	await context.close();
});

await test('others are not held up', async () => {
	const context = await person();
	await consentPage(context, request(), 'alice');
	await context.close();
});

await test('no page broke its security policy', async () => assert.deepEqual(violations, []));

done();
