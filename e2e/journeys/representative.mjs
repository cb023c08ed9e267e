// Acting for a company: its representative signs in as themself, chooses the company, files a case for it, and every
// screen in between says on whose behalf. Back as themself, the company's case is not theirs.
import { expectText, look, person } from '../lib/browser.mjs';
import { errors, fill, press } from '../lib/form.mjs';
import { account, signIn } from '../lib/people.mjs';

const PROCEDURE = '1.001266';
const BANNER = '.hd-strip--behalf';

const date = (key, back) => {
  const day = new Date(Date.now() + 7 * 3600_000 - back * 86_400_000);
  return { [`${key}.day`]: String(day.getUTCDate()), [`${key}.month`]: String(day.getUTCMonth() + 1), [`${key}.year`]: String(day.getUTCFullYear()) };
};

/** What the form of a household that closes asks for; what the registers know is confirmed as it stands. */
function answersOf(demo) {
  const me = account(demo, 'resident');
  const home = account(demo, 'one_stop_officer').agency.split('.').pop();
  return {
    known: 'yes', household_no: '0100109106', household_name: 'Hộ kinh doanh Mẫu', 'seat.province_code': '31', 'seat.commune_code': home,
    'seat.detail': 'Số 1 đường Ví Dụ', founded_by_group: 'false', owner_full_name: me.name, owner_citizen_no: me.citizen_no,
    reason: 'Không còn nhu cầu kinh doanh.', ...date('closing_date', 1), debts_paid: 'true', ...date('debts_paid_on', 2),
    agent_is_owner: 'true', agent_full_name: me.name, agent_citizen_no: me.citizen_no, agent_phone: '0912 000 001',
    contact_phone: '0912 000 001', contact_delivery: 'counter', declare_truth: 'true',
  };
}

export function journey(world) {
  const { browser, setting, base, demo } = world;
  const answers = answersOf(demo);
  const memory = {};
  const go = async (link) => { await Promise.all([memory.page.waitForNavigation({ waitUntil: 'load' }), link.click()]); };
  // Every page of the way is looked at, and every one names the company.
  async function see(name) {
    const shown = memory.page.locator(`${BANNER} strong`);
    if (!(await shown.count())) throw new Error(`${memory.page.url()} does not say on whose behalf one acts`);
    const text = (await shown.textContent()).trim();
    if (text !== memory.company) throw new Error(`${memory.page.url()} says ${text} instead of ${memory.company}`);
    await look(memory.page, setting, name);
  }

  return [
    ['sign in as oneself; nothing says that one acts for another', async () => {
      memory.page = await person(browser, setting, base, demo.simulator);
      world.pages.push(memory.page);
      await signIn(memory.page, account(demo, 'resident'), '/lam-thay');
      await memory.page.goto('/vi/lam-thay');
      if (await memory.page.locator(BANNER).count()) throw new Error('a banner before anybody was chosen');
      await look(memory.page, setting, 'representative-01-choose');
    }],
    ['choose the company one represents', async () => {
      const item = memory.page.locator('main .govuk-radios__item').filter({ hasText: /đại diện/i }).first();
      memory.company = (await item.locator('label').first().textContent()).trim();
      await item.locator('input').check();
      await go(memory.page.locator('main form button').first());
      await memory.page.goto('/vi');
      await see('representative-02-home');
      for (const path of ['/vi/ho-so', '/vi/giay-to', '/vi/tai-khoan', '/en']) {
        await memory.page.goto(path);
        await see(`representative-02${path.replaceAll('/', '-')}`);
      }
    }],
    ['begin a case for it', async () => {
      await memory.page.goto(`/vi/thu-tuc/${PROCEDURE}`);
      await see('representative-03-procedure');
      await press(memory.page, /Bắt đầu nộp hồ sơ/);
      memory.draft = new URL(memory.page.url()).pathname.match(/\/nop-ho-so\/[^/]+/)?.[0];
      if (!memory.draft) throw new Error(`landed on ${memory.page.url()}`);
      await see('representative-04-task-list');
    }],
    ['answer every page', async () => {
      const { page } = memory;
      for (let turn = 1; turn <= 30; turn += 1) {
        const path = new URL(page.url()).pathname.split(memory.draft)[1];
        if (path === undefined) throw new Error(`left the draft for ${page.url()}`);
        if (path === '/kiem-tra') return;
        if (path === '' || path.startsWith('/giay-to')) {
          await go(page.locator('main a.govuk-button').first());
          continue;
        }
        await fill(page, answers);
        await see(`representative-05-${String(turn).padStart(2, '0')}${path.replaceAll('/', '-')}`);
        const before = page.url();
        await go(page.locator('main form[method="post"] button').first());
        const told = await errors(page);
        if (told.length) throw new Error(`${before}: ${told.join(' | ')}`);
      }
      throw new Error('the question pages do not end');
    }],
    ['check and submit', async () => {
      await see('representative-06-check');
      await press(memory.page, /^Nộp hồ sơ/);
      const text = await memory.page.locator('main').first().textContent();
      memory.caseNo = text.match(/H\d{2}\.[A-Z0-9]+-\d{8}-\d{7}/)?.[0];
      memory.case = memory.page.url().match(/\/ho-so\/([^/?#]+)/)?.[1];
      if (!memory.caseNo || !memory.case) throw new Error(`no case number on ${memory.page.url()}: ${(await errors(memory.page)).join(' | ')}`);
      await see('representative-07-filed');
      await memory.page.goto('/vi/ho-so');
      await see('representative-08-cases');
    }],
    ['as oneself again the case is the company\'s and no longer in sight', async () => {
      await go(memory.page.locator(`${BANNER} form button`));
      if (await memory.page.locator(BANNER).count()) throw new Error('the banner stays');
      const answer = await memory.page.goto(`/vi/ho-so/${memory.case}`);
      if (answer.status() !== 404) throw new Error(`${answer.status()} for the case of the company`);
      await memory.page.goto('/vi/ho-so');
      if ((await memory.page.locator('main').textContent()).includes(memory.caseNo)) throw new Error('the case stands among one\'s own');
      await look(memory.page, setting, 'representative-09-own');
    }],
  ];
}
