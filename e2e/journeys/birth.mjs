// The main job: a birth is registered. A resident files with reuse and payment, a clerk of another commune receives
// and asks for a supplement, official, leader and clerk decide, the result lands in the vault, anyone verifies it from
// the address in its QR code, and the resident reads who looked.
import { expectText, look, person } from '../lib/browser.mjs';
import { errors, fill, press } from '../lib/form.mjs';
import { act, openFromInbox } from '../lib/office.mjs';
import { account, chooseAtSimulator, signIn } from '../lib/people.mjs';

const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
const paper = (name) => ({ name, mimeType: 'application/pdf', buffer: PDF });
const CHILD = 'Nguyễn Mẫu Hải Đăng';
const CLERK = 'other_one_stop_officer';

const days = (back) => {
  const day = new Date(Date.now() + 7 * 3600_000 - back * 86_400_000);
  return { day: String(day.getUTCDate()), month: String(day.getUTCMonth() + 1), year: String(day.getUTCFullYear()) };
};

/** What the resident answers; what the city already knows is confirmed as it stands. */
function answersOf(demo) {
  const home = account(demo, 'one_stop_officer').agency.split('.').pop();
  const born = days(10);
  const place = (key) => ({ [`${key}.province_code`]: '31', [`${key}.commune_code`]: home, [`${key}.detail`]: 'Số 1 đường Ví Dụ' });
  return {
    applicant_relation: 'mother', child_situation: 'usual', child_full_name: CHILD,
    'child_birth_date.day': born.day, 'child_birth_date.month': born.month, 'child_birth_date.year': born.year,
    child_sex: 'female', child_birth_place_kind: 'health_facility', child_birth_place: 'Bệnh viện Mẫu, phường Lê Chân',
    child_ethnicity: '01', child_nationality: 'VN', ...place('child_home_place'),
    mother_full_name: account(demo, 'resident').name, 'mother_birth_year.year': '1996', mother_ethnicity: '01',
    mother_nationality: 'VN', ...place('mother_residence'),
    ...place('marriage_office'), father_full_name: 'Trần Văn Mẫu', 'father_birth_year.year': '1994', father_ethnicity: '01',
    father_nationality: 'VN', ...place('father_residence'),
    known: 'yes', parents_married: 'false', copies_wanted: 'true', copies_quantity: '2',
    contact_phone: '0912 000 001', contact_delivery: 'counter', declare_truth: 'true',
  };
}

export function journey(world) {
  const { browser, setting, base, demo } = world;
  const people = {};
  const memory = { unit: account(demo, CLERK).agency };
  const answers = answersOf(demo);
  const see = (page, name) => look(page, setting, name);
  async function at(role) {
    if (!people[role]) {
      people[role] = await person(browser, setting, base, demo.simulator);
      world.pages.push(people[role]);
      if (role !== 'resident' && role !== 'anyone') await signIn(people[role], account(demo, role), '/can-bo/viec');
    }
    return people[role];
  }
  const go = async (page, link) => { await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), link.click()]); };
  const submit = (page) => go(page, page.locator('main form[method="post"] button').first());
  // A paper is taken from the vault where it is offered, else handed in; then the next one.
  async function bringPapers(page, shot) {
    if (new URL(page.url()).pathname.endsWith('/giay-to')) {
      await see(page, shot);
      const open = page.locator('main .govuk-task-list__item:not(:has-text("Đã hoàn thành")) a[href*="/giay-to/"]').first();
      await go(page, (await open.count()) ? open : page.locator('main a.govuk-button').first());
      return;
    }
    const offer = page.locator('main form[action*="/dung-lai"] button').first();
    const there = await page.locator('main form[action$="/bo"]').count();
    if (!there) {
      await see(page, shot);
      if (await offer.count()) {
        await go(page, offer);
      } else {
        await page.locator('main input[type=file]').first().setInputFiles([paper('giay-chung-sinh.pdf')]);
        await go(page, page.locator('main form[enctype="multipart/form-data"] button').last());
      }
      const told = await errors(page);
      if (told.length) throw new Error(`upload: ${told.join(' | ')}`);
      await see(page, `${shot}-done`);
    }
    if (!new URL(page.url()).pathname.endsWith('/giay-to')) await page.goto(`/vi${memory.draft}/giay-to`);
  }
  const decide = (role, action, given, shot, read) => [`${role} does: ${action}`, async () => {
    const page = await at(role);
    await openFromInbox(page, setting, memory, shot);
    await act(page, setting, action, given, shot, read);
  }];

  return [
    ['find the procedure without accents', async () => {
      const page = await at('resident');
      await page.goto('/vi');
      await see(page, '01-home');
      await page.goto('/vi/tim?q=dang+ky+khai+sinh');
      await see(page, '02-search');
      const first = page.locator('main a[href*="/thu-tuc/"]').first();
      if (!(await first.getAttribute('href')).includes('/thu-tuc/1.001193')) throw new Error('1.001193 is not the first result');
      await go(page, first);
      await expectText(page, 'khai sinh');
      await see(page, '03-start');
    }],
    ['begin; sign in as late as possible', async () => {
      const page = await at('resident');
      await press(page, /Bắt đầu nộp hồ sơ/);
      await see(page, '04-sign-in');
      await press(page, /Đăng nhập bằng VNeID/);
      if (!page.url().startsWith(demo.simulator)) throw new Error(`not at the simulator but at ${page.url()}`);
      await chooseAtSimulator(page, account(demo, 'resident').citizen_no);
      await see(page, '05-e-identity');
      await go(page, page.locator('main form button').first());
      if (!page.url().includes('/nop-ho-so/')) await press(page, /Bắt đầu nộp hồ sơ/);
      if (!page.url().includes('/nop-ho-so/')) throw new Error(`landed on ${page.url()}`);
      memory.draft = new URL(page.url()).pathname.match(/\/nop-ho-so\/[^/]+/)[0];
      await see(page, '06-task-list');
    }],
    ['answer every page; a wrong answer is named and nothing is lost', async () => {
      const page = await at('resident');
      let wrongOnce = false;
      let reused = 0;
      for (let turn = 1; turn <= 40; turn += 1) {
        const path = new URL(page.url()).pathname.split(memory.draft)[1];
        const shot = `08-${String(turn).padStart(2, '0')}${path.replaceAll('/', '-')}`;
        if (path === undefined) throw new Error(`left the draft for ${page.url()}`);
        if (path === '/kiem-tra') {
          if (!reused) throw new Error('nothing that the city knows was offered');
          return;
        }
        if (path === '') {
          await go(page, page.locator('main a.govuk-button').first());
          continue;
        }
        if (path.startsWith('/giay-to')) {
          await bringPapers(page, shot);
          continue;
        }
        const other = memory.unit;
        if (!wrongOnce && (await page.locator('main [name="child_full_name"]').count())) {
          wrongOnce = true;
          await fill(page, { ...answers, child_full_name: '' });
          await submit(page);
          const told = await errors(page);
          if (!told.length) throw new Error(`an empty name was taken (${page.url()})`);
          if (!(await page.title()).startsWith('Lỗi: ')) throw new Error(`title of a page with errors: ${await page.title()}`);
          const year = page.locator('[name="child_birth_date.year"]');
          if ((await year.count()) && (await year.inputValue()) !== answers['child_birth_date.year']) throw new Error('the year typed was lost');
          await see(page, '07-wrong');
        }
        if (await page.locator('main [name="known"][type="radio"]').count()) reused += 1;
        await fill(page, { ...answers, agency: other });
        await see(page, shot);
        const before = page.url();
        await submit(page);
        const told = await errors(page);
        if (told.length) throw new Error(`${before}: ${told.join(' | ')}`);
      }
      throw new Error('the question pages do not end');
    }],
    ['choose a unit of another commune, check, submit', async () => {
      const page = await at('resident');
      await page.goto(`/vi${memory.draft}/noi-nop`);
      await fill(page, { agency: memory.unit });
      await see(page, '09-unit');
      await submit(page);
      await page.goto(`/vi${memory.draft}/kiem-tra`);
      await expectText(page, CHILD);
      await expectText(page, '16.000');
      await see(page, '10-check');
      await press(page, /^Nộp hồ sơ/);
      const text = await page.locator('main').first().textContent();
      memory.caseNo = text.match(/H\d{2}\.[A-Z0-9]+-\d{8}-\d{7}/)?.[0];
      memory.case = page.url().match(/\/ho-so\/([^/?#]+)/)?.[1];
      if (!memory.caseNo || !memory.case) throw new Error(`no case number on ${page.url()}`);
      await see(page, '11-filed');
    }],
    ['pay at the simulated gateway', async () => {
      const page = await at('resident');
      await go(page, page.locator('main form[action*="/thanh-toan"] button').first());
      await expectText(page, '16.000');
      await see(page, '12-payment');
      await go(page, page.locator('main button[value="pay"]'));
      await see(page, '12-paid');
    }],
    decide(CLERK, 'supplement', { item: ['birth_notice'], reason: 'Ảnh giấy chứng sinh bị mờ ở phần ngày sinh.' }, '13'),
    ['the resident sees what is asked and answers it', async () => {
      const page = await at('resident');
      await page.goto(`/vi/ho-so/${memory.case}`);
      await expectText(page, 'bổ sung');
      await see(page, '14-asked');
      await go(page, page.locator('main a[href$="/bo-sung"]').first());
      await page.locator('main input[type=file]').first().setInputFiles([paper('giay-chung-sinh-ro.pdf')]);
      await see(page, '15-supplement');
      await go(page, page.locator('main form[enctype="multipart/form-data"] button').last());
      await see(page, '15-supplement-file');
      await press(page, /^Bổ sung và gửi lại/);
      const told = await errors(page);
      if (told.length) throw new Error(told.join(' | '));
      await see(page, '16-supplemented');
    }],
    decide(CLERK, 'accept', {}, '17'),
    // Both read the child's name in the draft before they decide.
    decide('official', 'propose', {}, '18', CHILD),
    decide('leader', 'sign', {}, '19', CHILD),
    decide('clerk', 'issue', {}, '20'),
    ['the result is in the vault', async () => {
      const page = await at('resident');
      await page.goto('/vi/giay-to');
      await expectText(page, 'Giấy khai sinh');
      await see(page, '21-vault');
      await go(page, page.locator('main a[href*="/giay-to/"]').first());
      await see(page, '22-vault-item');
      const link = page.locator('main a[href*="/kq/"]').first();
      memory.verify = new URL(await link.getAttribute('href'), base).pathname;
    }],
    ['anyone verifies it, and reads no name', async () => {
      const page = await at('anyone');
      await page.goto(memory.verify);
      await see(page, '23-verify');
      const text = await page.locator('main').textContent();
      if (text.includes(CHILD)) throw new Error('the public page names the child');
      await expectText(page, 'Giấy khai sinh');
    }],
    decide(CLERK, 'hand_over', {}, '24'),
    ['the case says returned; the resident sees who looked', async () => {
      const page = await at('resident');
      await page.goto(`/vi/ho-so/${memory.case}`);
      await see(page, '25-returned');
      await expectText(page, 'trả');
      // The clerk's commune has nothing else to do with this person, so its name on the log is this case.
      const { name: unit } = await (await fetch(`${base}/api/v1/agencies/${memory.unit}`)).json();
      await page.goto('/vi/ai-da-xem');
      await see(page, '26-who-looked');
      for (let turn = 0; !(await page.locator('main').textContent()).includes(unit); turn += 1) {
        const more = page.locator('main a[rel="next"], main .govuk-pagination__next a').first();
        if (turn > 20 || !(await more.count())) throw new Error(`${unit} is not on the log`);
        await go(page, more);
      }
      memory.unitName = unit;
    }],
    ['the log tells each look of the unit with purpose and basis, and takes a question about it', async () => {
      const page = await at('resident');
      const rows = await page.locator('main tbody tr').filter({ hasText: memory.unitName }).evaluateAll((all) => all.map((row) => ({
        id: row.id, cells: [...row.cells].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim()),
      })));
      const said = rows.map((row) => row.cells.join(' '));
      for (const words of [/Hồ sơ/, /Đã xem/]) {
        if (!said.some((text) => words.test(text))) throw new Error(`no row of the unit says ${words}: ${said.join(' | ').slice(0, 600)}`);
      }
      for (const { cells } of rows) {
        const [when, , what, why, basis] = cells;
        if (!/\d/.test(when) || !what || /Không nêu/.test(why) || !/\d/.test(basis)) throw new Error(`a row without its reason: ${cells.join(' | ')}`);
      }
      const ask = page.locator('main tbody tr').filter({ hasText: memory.unitName }).locator('form button').first();
      await go(page, ask);
      await expectText(page, 'Chúng tôi đã');
      await see(page, '27-asked');
    }],
  ];
}
