/* pages.mjs - how the pages are built: accessibility, phones, large text, both colour schemes */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { done, test } from '../lib/tap.mjs';
import { authorizationRequest, issuer, register } from '../lib/sallyport.mjs';
import { client, consentPage, person, signIn, violations } from './browser.mjs';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const website = `${client.origin}/callback`;
const long = `https://client.example.test/${'a'.repeat(300)}`;
const program = 'http://127.0.0.1/callback';
const scheme = 'com.example.app.with.quite.a.long.name.of.its.own:/callback';
const { client_id } = await register({ redirect_uris: [website, long, program, scheme],
	client_name: `Donaudampfschiffahrtselektrizitätenhauptbetriebswerk${'x'.repeat(100)}` });

/* Each page, from a browser that has seen nothing. */
const pages = {
	'sign-in': async context => {
		const page = await context.newPage();
		await page.goto(authorizationRequest(client_id, website).url);
		return page;
	},
	'sign-in, wrong': async context => {
		const page = await context.newPage();
		await page.goto(authorizationRequest(client_id, website).url);
		await signIn(page, 'alice', 'wrong');
		await page.getByRole('alert').waitFor();
		return page;
	},
	'consent': context => consentPage(context, authorizationRequest(client_id, long), 'alice'),
	'consent, program': context => consentPage(context, authorizationRequest(client_id, program), 'alice'),
	'consent, scheme': context => consentPage(context, authorizationRequest(client_id, scheme), 'alice'),
	'refused': async context => {
		const page = await context.newPage();
		await page.goto(authorizationRequest(client_id, website, { response_type: 'token' }).url);
		return page;
	},
	'index': async context => {
		const page = await context.newPage();
		await page.goto(issuer);
		return page;
	},
	'tools': async context => {
		await context.setExtraHTTPHeaders({ Authorization: `Bearer ${process.env.SP_TEST_TOKEN}` });
		const page = await context.newPage();
		await page.goto(`${issuer}/tools`);
		await page.getByRole('heading', { name: 'search_code', exact: true }).waitFor();
		return page;
	},
	'tools, no token': async context => {
		const page = await context.newPage();
		await page.goto(`${issuer}/tools`);
		await page.getByRole('heading', { name: 'An access token is needed' }).waitFor();
		return page;
	},
	'error': async context => {
		const page = await context.newPage();
		await page.goto(authorizationRequest('nobody', website).url);
		return page;
	},
};

/* What is wider than the page or too small for a finger. */
function misfits() {
	const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5);
	const small = [...document.querySelectorAll('button, .button, input:not([type=hidden])')].filter(e => {
		const box = (e.closest('label') ?? e).getBoundingClientRect();
		return box.width < 24 || box.height < 24;
	});
	return { scrolls: document.scrollingElement.scrollWidth > innerWidth,
		wide: wide.map(e => e.outerHTML.slice(0, 80)), small: small.map(e => e.outerHTML.slice(0, 80)) };
}
const fits = { scrolls: false, wide: [], small: [] };

for (const [name, open] of Object.entries(pages)) {
	await test(`${name}: accessible in both colour schemes`, async () => {
		const context = await person(), page = await open(context);
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme });
			await page.waitForTimeout(200);		/* buttons change colour slowly */
			await page.evaluate(axe);
			const { violations: found, passes } = await page.evaluate(() => axe.run(document, { runOnly:
				['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
			assert.deepEqual(found.map(v => `${colorScheme}: ${v.id}: ${v.nodes.map(n => n.html).join(' ')}`), []);
			assert.ok(passes.some(p => p.id === 'color-contrast'), 'contrast was looked at');
		}
		await context.close();
	});

	await test(`${name}: fits a phone, and text of twice the size`, async () => {
		const context = await person({ viewport: { width: 320, height: 568 } }), page = await open(context);
		assert.deepEqual(await page.evaluate(misfits), fits);
		await page.setViewportSize({ width: 640, height: 480 });
		await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
		assert.deepEqual(await page.evaluate(misfits), fits);
		await context.close();
	});
}

await test('a name cannot turn the text around it', async () => {
	const { client_id: id } = await register({ redirect_uris: [website], client_name: '\u05d0\u05d1\u05d2 (verified) 1' });
	const context = await person(), page = await consentPage(context, authorizationRequest(id, website), 'alice');
	const name = await page.locator('.asker bdi').boundingBox();
	const badge = await page.getByText('unverified name').boundingBox();
	assert.ok(badge.x >= name.x + name.width || badge.y >= name.y + name.height, 'the mark stays behind the name');
	await context.close();
});

await test('Allow and Deny are of one size and stand side by side', async () => {
	const context = await person(), page = await consentPage(context, authorizationRequest(client_id, website), 'alice');
	const [allow, deny] = [await page.getByRole('button', { name: 'Allow' }).boundingBox(),
		await page.getByRole('button', { name: 'Deny' }).boundingBox()];
	assert.ok(Math.abs(allow.width - deny.width) < 1 && allow.height === deny.height && allow.y === deny.y);
	await context.close();
});

await test('no page broke its security policy', async () => assert.deepEqual(violations, []));

done();
