// What officials do: find a case in the inbox, open it, take one action on its own page.
import { expectText, look } from './browser.mjs';
import { errors, fill } from './form.mjs';
import { enterCode } from './people.mjs';

/** Opens the case from the inbox, which may have several pages; a row shows the end of the number only. */
export async function openFromInbox(page, setting, { caseNo, case: id }, shot) {
  await page.goto('/vi/can-bo/viec');
  for (let turn = 0; turn < 40; turn += 1) {
    const found = page.locator(`main li a[href*="/can-bo/ho-so/${id}"]`).first();
    if (await found.count()) {
      await look(page, setting, `${shot}-inbox`);
      await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), found.click()]);
      await expectText(page, caseNo);
      await look(page, setting, `${shot}-case`);
      return;
    }
    const next = page.locator('main p.hd-small a[href*="/can-bo/viec"]').last();
    if (!(await next.count())) break;
    await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), next.click()]);
  }
  throw new Error(`${caseNo} is not in the inbox`);
}

/** Takes one action on the open case: its page says what will happen, shows the draft that must `read`, then one button. */
export async function act(page, setting, action, answers, shot, read) {
  const link = page.locator(`main a[href*="/${action}"]`).first();
  if (!(await link.count())) {
    const offered = await page.locator('main a[href*="/can-bo/ho-so/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href').split('/').pop()));
    throw new Error(`${action} is not offered; offered: ${[...new Set(offered)].join(', ')}`);
  }
  if (!(await link.isVisible())) await page.locator('main details', { has: link }).locator('summary').first().click();
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), link.click()]);
  // Signing asks for a fresh second factor, then leads back.
  await enterCode(page);
  await fill(page, answers);
  if (read && !(await page.locator('main .hd-draft').textContent()).includes(read)) throw new Error(`${action}: the draft does not say ${read}`);
  await look(page, setting, `${shot}-${action}`);
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.locator('main form[method="post"] button').first().click()]);
  const refused = await errors(page);
  if (refused.length) throw new Error(`${action}: ${refused.join(' | ')}`);
  if (!page.url().includes('done=')) throw new Error(`${action}: landed on ${page.url()}: ${await page.locator('h1').first().textContent()}`);
  await look(page, setting, `${shot}-${action}-done`);
}
