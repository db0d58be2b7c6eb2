/* person.mjs USER URL - what a browser and its person do with an authorization request of a program */
import fs from 'node:fs';
import { Person, dir } from '../lib/sallyport.mjs';

const [user, url] = process.argv.slice(2);
fs.appendFileSync(`${dir}/opened`, `${url}\n`);
await fetch(await new Person(user).authorize(url));
