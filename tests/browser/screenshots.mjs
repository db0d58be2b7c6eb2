/* screenshots.mjs DIRECTORY - pictures of the pages: light, dark, on a phone */
import fs from 'node:fs';
import { authorizationRequest, register } from '../lib/sallyport.mjs';
import { person, signIn } from './browser.mjs';

const directory = process.argv[2];
const website = 'https://app.example.com/callback', program = 'http://127.0.0.1/callback';
const { client_id } = await register({ client_name: 'Example Assistant', redirect_uris: [website, program] });

const looks = {
	light: { viewport: { width: 640, height: 500 }, colorScheme: 'light' },
	dark: { viewport: { width: 640, height: 500 }, colorScheme: 'dark' },
	phone: { viewport: { width: 320, height: 568 }, colorScheme: 'light', deviceScaleFactor: 2 },
};

fs.mkdirSync(directory, { recursive: true });
for (const [look, options] of Object.entries(looks)) {
	const context = await person(options), page = await context.newPage();
	const shoot = name => page.screenshot({ path: `${directory}/${name}-${look}.png`, fullPage: true, animations: 'disabled' });

	await page.goto(authorizationRequest(client_id, website).url);
	await shoot('signin');
	await signIn(page, 'alice');
	await page.getByRole('button', { name: 'Allow' }).waitFor();
	await shoot('consent');
	if (look === 'light') {
		await page.goto(authorizationRequest(client_id, program).url);
		await shoot('consent-program');
	}
	await page.goto(authorizationRequest('forgotten', website).url);
	await shoot('error');
	await context.close();
}
process.exit(0);
