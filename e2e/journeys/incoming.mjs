// A document of another organ: taken in, numbered, laid before the leader, routed with words and a deadline, made into
// a task by the six "rõ", reported, approved, and closed with its result.
import { expectText, look } from '../lib/browser.mjs';
import { errors, fill } from '../lib/form.mjs';
import { choice, crew, go, paperFrom, send, step } from '../lib/papers.mjs';
import { account } from '../lib/people.mjs';

const ahead = (count) => {
  const day = new Date(Date.now() + 7 * 3600_000 + count * 86_400_000);
  return { day: String(day.getUTCDate()), month: String(day.getUTCMonth() + 1), year: String(day.getUTCFullYear()), iso: day.toISOString().slice(0, 10) };
};

export function journey(world) {
  const { browser, setting, demo } = world;
  const at = crew(world);
  const memory = {};
  const number = String(setting.width + (setting.scripts ? 0 : 1));
  const see = (page, name) => look(page, setting, `incoming-${name}`);
  const subject = `Về việc báo cáo kết quả số hóa hồ sơ, đợt ${setting.name}`;
  const open = async (role, path = memory.arrival) => {
    const page = await at(role, path);
    await page.goto(path);
    return page;
  };
  const task = (role, end, answers, says) => [`${role}: ${end}`, async () => {
    const page = await open(role, memory.task);
    await step(page, setting, end, answers, `incoming-task-${end}`);
    await expectText(page, says);
    await see(page, `task-${end}-done`);
  }];

  return [
    ['a secret document is refused at the door', async () => {
      const page = await at('clerk', '/can-bo/van-ban-den');
      await page.goto('/vi/can-bo/van-ban-den');
      await see(page, '01-list');
      await go(page, page.locator('main a[href$="/tiep-nhan"]').first());
      memory.paper = await paperFrom(browser, { organ: 'SỞ NỘI VỤ', number: `${number}/SNV-CCHC`, place: 'Hải Phòng, ngày 20 tháng 11 năm 2026',
        kind: 'CÔNG VĂN', subject, signer: 'GIÁM ĐỐC', body: ['Kính gửi: Ủy ban nhân dân các xã, phường, đặc khu.', 'Đề nghị các đơn vị báo cáo kết quả số hóa hồ sơ.'] }, { name: 'cong-van.pdf' });
      await page.locator('main input[type=file]').first().setInputFiles(memory.paper);
      await fill(page, { secrecy: '1' });
      await go(page, page.locator('main form[enctype="multipart/form-data"] button').last());
      if (!(await errors(page)).length) throw new Error(`a secret document was taken in at ${page.url()}`);
      await see(page, '02-secret');
    }],
    ['the clerk takes it in', async () => {
      const page = await at('clerk');
      await page.locator('main input[type=file]').first().setInputFiles(memory.paper);
      await fill(page, { secrecy: '0' });
      await go(page, page.locator('main form[enctype="multipart/form-data"] button').last());
      const told = await errors(page);
      if (told.length) throw new Error(told.join(' | '));
      memory.arrival = new URL(page.url()).pathname;
      await see(page, '03-arrived');
    }],
    ['it gets the next number of the register of arrivals', async () => {
      const page = await open('clerk');
      await step(page, setting, 'vao-so', { from_name: 'Sở Nội vụ', code_number: number, code_notation: 'SNV-CCHC',
        issued_on: '2026-11-20', subject, urgency: '1', pages: '1', checked: true }, 'incoming-04-register');
      await expectText(page, 'Số đến');
      await see(page, '05-registered');
    }],
    ['the clerk lays it before the leader', async () => {
      const page = await open('clerk');
      await go(page, page.locator('main a[href$="/trinh"]').first());
      await fill(page, { leader: await choice(page, 'leader', account(demo, 'leader').name) });
      await see(page, '06-submit');
      await send(page, () => page.locator('main form[method="post"]').first());
      await see(page, '07-submitted');
    }],
    ['the leader instructs: who leads, what, until when', async () => {
      const page = await open('leader');
      await go(page, page.locator('main a[href$="/chi-dao"]').first());
      const answers = { lead: await choice(page, 'lead', account(demo, 'official').name), words: 'Chủ trì tổng hợp số liệu, dự thảo báo cáo.', due: '5' };
      await fill(page, answers);
      await see(page, '08-instruct');
      await send(page, () => page.locator('main form[method="post"]').first(), answers);
      await see(page, '09-instructed');
    }],
    ['the official finds it among the own work and begins', async () => {
      const page = await open('official', '/vi/can-bo/van-ban-den');
      await expectText(page, subject);
      await see(page, '10-mine');
      await open('official');
      await go(page, page.locator('main form[action$="/bat-dau"] button').first());
      await see(page, '11-begun');
    }],
    ['the text of the directive is read for tasks; the leader gives one by the six', async () => {
      const page = await open('leader', '/vi/can-bo/nhiem-vu/de-xuat');
      const day = ahead(12);
      await fill(page, { title: subject, text: `Giao Công chức Tư pháp - Hộ tịch chủ trì tổng hợp kết quả số hóa hồ sơ, báo cáo trước ngày ${day.day}/${day.month}/${day.year}.` });
      await go(page, page.locator('main form[action$="/de-xuat"] button').first());
      await expectText(page, 'tổng hợp kết quả số hóa hồ sơ');
      await see(page, '12-proposals');
      await go(page, page.locator('main form[action$="/de-xuat/dung"] button').first());
      const answers = { owner: await choice(page, 'owner', account(demo, 'official').name), 'due.day': day.day, 'due.month': day.month,
        'due.year': day.year, expected_product: 'Báo cáo kết quả số hóa', leader: await choice(page, 'leader', account(demo, 'leader').name) };
      await fill(page, answers);
      await see(page, '13-task');
      await send(page, () => page.locator('main form[method="post"]').first(), answers);
      memory.task = new URL(page.url()).pathname;
      await see(page, '14-given');
    }],
    task('official', 'nhan-viec', {}, 'Đã nhận'),
    task('official', 'bao-cao', { percent: '60', note: 'Đã tổng hợp số liệu của bốn tổ.' }, '60'),
    ['the official proves the result with a file', async () => {
      const page = await open('official', memory.task);
      await fill(page, { role: 'product' });
      await page.locator('main input[type=file]').first().setInputFiles({ ...memory.paper, name: 'bao-cao.pdf' });
      await go(page, page.locator('main form[enctype="multipart/form-data"] button').last());
      await expectText(page, 'bao-cao.pdf');
    }],
    task('official', 'nop-ket-qua', { note: 'Gửi báo cáo kèm theo.' }, 'Chờ'),
    task('leader', 'duyet', { confirmed: ['yes'], note: 'Đồng ý.' }, 'Đã xong'),
    ['the document is closed with its result, and stands in the tracking book', async () => {
      const page = await open('official');
      await step(page, setting, 'ket-qua', { result_words: 'Đã báo cáo Sở Nội vụ kết quả số hóa.' }, 'incoming-15-finish');
      await see(page, '16-finished');
      const clerk = await open('clerk', '/vi/can-bo/van-ban-den/so-theo-doi');
      await expectText(clerk, subject);
      await see(clerk, '17-book');
    }],
    ['the task counts in the statistics of the unit', async () => {
      const page = await open('leader', '/vi/can-bo/nhiem-vu/thong-ke');
      await see(page, '18-statistics');
      if (!(await page.locator('main table tbody tr').count())) throw new Error('the statistics are empty');
    }],
  ];
}
