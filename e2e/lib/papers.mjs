// Papers and acts of the officials' office: buttons of a page by their act, forms that may ask for a code first.
import { look, person } from './browser.mjs';
import { errors, fill } from './form.mjs';
import { account, enterCode, signIn } from './people.mjs';

/** Follows a link or sends a form, and waits for the next page. */
export const go = async (page, link) => { await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), link.click()]); };

/** Sends a form; when the city first asks for a fresh code, enters it and sends again. A refusal fails the step. */
export async function send(page, form, answers = {}) {
  for (let turn = 0; turn < 2; turn += 1) {
    await fill(page, answers);
    const from = page.url();
    await go(page, form().locator('button:not([name])').first());
    if (!(await enterCode(page))) break;
    if (new URL(page.url()).pathname !== new URL(from).pathname) await page.goto(from);
  }
  const refused = await errors(page);
  if (refused.length) throw new Error(`${page.url()}: ${refused.join(' | ')}`);
}

/** One of the acts that a document offers on its page. */
export async function deed(page, action, answers = {}) {
  const form = () => page.locator('main form', { has: page.locator(`input[name="action"][value="${action}"]`) }).first();
  if (!(await form().count())) {
    const offered = await page.locator('main input[name="action"]').evaluateAll((all) => all.map((one) => one.value));
    throw new Error(`${action} is not offered at ${page.url()}; offered: ${offered.join(', ')}`);
  }
  await send(page, form, answers);
}

/** Opens an act by its link, fills in its page and sends it. */
export async function step(page, setting, end, answers, shot) {
  const link = page.locator(`main a[href$="/${end}"]`).first();
  if (!(await link.count())) {
    const offered = await page.locator('main .hd-actions a').evaluateAll((all) => all.map((one) => one.getAttribute('href').split('/').pop()));
    throw new Error(`${end} is not offered at ${page.url()}; offered: ${offered.join(', ')}`);
  }
  await go(page, link);
  await enterCode(page);
  await fill(page, answers);
  await look(page, setting, shot);
  await send(page, () => page.locator('main form[method="post"]').first(), answers);
}

/** People of a journey, each signed in once at the first page they open. */
export function crew(world) {
  const { browser, setting, base, demo } = world;
  const people = {};
  return async (role, next = '/can-bo/viec') => {
    if (!people[role]) {
      people[role] = await person(browser, setting, base, demo.simulator);
      world.pages.push(people[role]);
      if (role !== 'anyone') await signIn(people[role], account(demo, role), next);
    }
    return people[role];
  };
}

/** The value of the choice whose words contain `words`, in a list, among radios or boxes. */
export async function choice(page, name, words) {
  const option = page.locator(`main select[name="${name}"] option`, { hasText: words }).first();
  if (await option.count()) return option.getAttribute('value');
  const label = page.locator('main label', { hasText: words });
  for (const one of await label.all()) {
    const input = page.locator(`main [id="${await one.getAttribute('for')}"][name="${name}"]`);
    if (await input.count()) return input.getAttribute('value');
  }
  throw new Error(`no choice of ${name} says ${words} at ${page.url()}`);
}

const STYLE = `@page{size:A4;margin:0} body{margin:20mm 15mm 20mm 30mm;font:14pt/1.4 "Liberation Serif","Tinos",serif;width:165mm;color:#000;background:#fff}
 .top{display:flex;justify-content:space-between;text-align:center} h1{font-size:14pt;text-align:center;margin:8mm 0 0} .sub{text-align:center;font-weight:bold}`;

const layout = ({ organ, number, place, kind, subject, body, signer }) => `<!doctype html><html lang="vi"><meta charset="utf-8"><title>${subject}</title><style>${STYLE}</style><body>
<div class="top"><div><b>${organ}</b><br>Số: ${number}</div><div><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b><br><b>Độc lập - Tự do - Hạnh phúc</b><br><i>${place}</i></div></div>
<h1>${kind}</h1><p class="sub">${subject}</p>${body.map((line) => `<p>${line}</p>`).join('')}<p style="text-align:right"><b>${signer}</b></p></body></html>`;

/** A paper of another organ, as a file or as the picture of a scanner (A4 at 200 dots per inch). */
export async function paperFrom(browser, words, { scanned = false, name }) {
  const context = await browser.newContext({ viewport: { width: 794, height: 1123 }, deviceScaleFactor: 200 / 96 });
  try {
    const page = await context.newPage();
    await page.setContent(layout(words));
    return scanned
      ? { name, mimeType: 'image/png', buffer: await page.screenshot() }
      : { name, mimeType: 'application/pdf', buffer: await page.pdf({ format: 'A4', printBackground: true }) };
  } finally {
    await context.close();
  }
}

