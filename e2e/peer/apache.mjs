// A person in front of Apache's mod_auth_openidc, which trusts a city: in, out at Apache's wish, out at the city's.
//   node apache.mjs APACHE CITY NAME PASSWORD
// Ends with `N passed, N failed`.
import { send, walk } from './caller.mjs';

const [apache, city, name, password] = process.argv.slice(2);
const account = { name, password };
const closed = `${apache}/closed/page`;
let [passed, failed] = [0, 0];

function check(what, good, seen = '') {
  if (good) { passed += 1; console.log(`ok   ${what}`); } else { failed += 1; console.log(`FAIL ${what} ${seen}`); }
}

const never = () => false;
const isOpen = (got) => got.status === 200 && got.headers['x-signed-in'];

async function signIn() {
  const jar = new Map();
  const { page } = await walk(closed, jar, account, never);
  return { jar, page };
}

/** Where a browser is led that does not answer forms. */
async function led(address, jar) {
  let got = await send('GET', address, { jar });
  for (let step = 0; step < 10 && got.status >= 300 && got.status < 400; step += 1) got = await send('GET', new URL(got.headers.location, got.address), { jar });
  return got;
}

const first = await send('GET', closed, { jar: new Map() });
const asked = new URL(first.headers.location ?? 'none:');
check('a closed page sends a stranger to the city', first.status === 302 && String(asked).startsWith(`${city}/oauth2/authorize`), `${first.status} ${asked}`);
check('Apache asks with S256', asked.searchParams.get('code_challenge_method') === 'S256', asked.search);

const one = await signIn();
check('the page opens after signing in', isOpen(one.page) && one.page.address === closed, `${one.page.status} ${one.page.address}`);
check('Apache knows the person by a name of its own', /^[\w-]{20,}/.test(one.page.headers['x-signed-in'] ?? '') && !one.page.headers['x-signed-in'].includes(name));
check('it stays open', isOpen(await send('GET', closed, { jar: one.jar })));

const left = await led(`${apache}/closed/callback?logout=${encodeURIComponent(`${apache}/open`)}`, one.jar);
check('signing out at Apache comes back to Apache', left.status === 200 && left.address === `${apache}/open`, `${left.status} ${left.address}`);
const again = await led(closed, one.jar);
check('and ended the session of the city: the password is asked again', again.address.startsWith(city) && /type="password"/.test(again.text), `${again.status} ${again.address}`);

const [two, other] = [await signIn(), await signIn()];
check('two browsers are signed in', isOpen(two.page) && isOpen(other.page), `${two.page.status} ${other.page.status}`);
const cityOnly = new Map([...two.jar].filter(([cookie]) => cookie.includes('hd_')));
await walk(`${city}/oauth2/logout`, cityOnly, account, never);
const until = Date.now() + 10_000;
let told = await send('GET', closed, { jar: two.jar });
while (told.status === 200 && Date.now() < until) {
  await new Promise((wake) => { setTimeout(wake, 200); });
  told = await send('GET', closed, { jar: two.jar });
}
check('a session that ends at the city ends at Apache, told behind the browser', told.status === 302, `${told.status}`);
check('the other browser stays signed in', isOpen(await send('GET', closed, { jar: other.jar })));

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
