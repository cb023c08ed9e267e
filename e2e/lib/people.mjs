// Signing in as the people of the demonstration city, through the same pages as everybody.
import { errors, fill } from './form.mjs';

/** The account of a role in var/demo.json. */
export function account(demo, role) {
  const found = demo.accounts.find((one) => one.role === role);
  if (!found) throw new Error(`demo.json has no account for ${role}; it has ${demo.accounts.map((one) => one.role).join(', ')}`);
  return found;
}

async function send(page, what) {
  const answer = page.waitForNavigation({ waitUntil: 'load' });
  await page.locator('main form button').first().click();
  await answer;
  const refused = await errors(page);
  if (refused.length) throw new Error(`${what}: ${refused.join(' | ')}`);
}

/** A resident at the simulated national e-identity, to which the city sends them. `next` is where they wanted to go. */
export async function signInResident(page, number, next = '/') {
  await page.goto(`/vi/dang-nhap/vneid?next=${encodeURIComponent(next)}`);
  await chooseAtSimulator(page, number);
  await send(page, 'sign-in of the resident');
}

/** On the page of the simulator: says who signs in, and with `level` how strongly. */
export async function chooseAtSimulator(page, number, level = '') {
  await fill(page, { person: 'other' });
  await fill(page, { citizen_no: number, level });
}

/** An official by account name, password and the one-time code that a demonstration city shows. */
export async function signInOfficial(page, who, next = '/') {
  await page.goto(`/vi/dang-nhap/can-bo?next=${encodeURIComponent(next)}`);
  await fill(page, { username: who.username, password: who.password });
  await send(page, `sign-in of ${who.username}`);
  await enterCode(page);
}

/** Enters the code when the page asks for it (at sign-in, and again before signing). */
export async function enterCode(page) {
  if (!new URL(page.url()).pathname.endsWith('/dang-nhap/xac-thuc')) return false;
  const shown = await page.locator('main .govuk-inset-text .hd-figures').first().textContent();
  await fill(page, { code: shown.replace(/\D/g, '') });
  await send(page, 'second factor');
  return true;
}

/** Signs in whoever the account is. */
export async function signIn(page, who, next) {
  if (who.citizen_no) await signInResident(page, who.citizen_no, next);
  else await signInOfficial(page, who, next);
}
