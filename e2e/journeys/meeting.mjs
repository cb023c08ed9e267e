// A paperless meeting: called with its agenda and papers, joined by the link of the QR code, voted openly and secretly,
// closed with conclusions that become a task, and minutes that are approved.
import { expectText, look } from '../lib/browser.mjs';
import { errors, fill } from '../lib/form.mjs';
import { choice, crew, go, paperFrom, send, step } from '../lib/papers.mjs';
import { account } from '../lib/people.mjs';

export function journey(world) {
  const { browser, setting, demo } = world;
  const at = crew(world);
  const memory = {};
  const see = (page, name) => look(page, setting, `meeting-${name}`);
  const title = `Họp giao ban công tác chuyển đổi số ${setting.name}`;
  const open = async (role, path = memory.meeting) => {
    const page = await at(role, path);
    await page.goto(path);
    return page;
  };
  const acts = (role, end, answers, says) => [`${role}: ${end}`, async () => {
    const page = await open(role);
    await step(page, setting, end, answers, `meeting-${end}`);
    await expectText(page, says);
  }];
  const votes = (role, words) => [`${role} votes`, async () => {
    const page = await open(role, memory.vote);
    await fill(page, { choice: await choice(page, 'choice', words) });
    await see(page, `ballot-${role}`);
    await send(page, () => page.locator('main form[action*="/bieu-quyet/"]').first());
    await expectText(page, 'đã gửi phiếu');
    await page.goto(memory.vote);
    if (await page.locator('main input[name="choice"]').count()) throw new Error('a second ballot is offered');
  }];
  const asks = (name, answers) => [`the chair asks: ${name}`, async () => {
    const page = await open('leader');
    await step(page, setting, 'hoi-y-kien', answers, `meeting-ask-${name}`);
    memory.vote = new URL(page.url()).pathname;
    await see(page, `vote-${name}`);
  }];
  const counts = (name, says) => [`the vote is closed: ${name}`, async () => {
    const page = await open('leader', memory.vote);
    await go(page, page.locator('main form[action$="/dong-bieu-quyet"] button').first());
    if (!page.url().includes('/bieu-quyet/')) await page.goto(memory.vote);
    await expectText(page, says);
    await see(page, `result-${name}`);
  }];

  return [
    ['the leader calls it; what is missing is named', async () => {
      const page = await open('leader', '/vi/can-bo/cuoc-hop');
      await see(page, '01-list');
      await page.goto('/vi/can-bo/cuoc-hop/moi');
      await send(page, () => page.locator('main form[method="post"]').first()).catch(() => {});
      if (!(await errors(page)).length) throw new Error('a meeting without a title was called');
      await see(page, '02-wrong');
      const day = new Date(Date.now() + 7 * 3600_000);
      const delegates = [];
      for (const role of ['official', 'clerk', 'head', 'one_stop_officer']) delegates.push(await choice(page, 'delegates', account(demo, role).name));
      const answers = { title, place: 'Phòng họp số 1', 'day.day': String(day.getUTCDate()), 'day.month': String(day.getUTCMonth() + 1),
        'day.year': String(day.getUTCFullYear()), starts: '8:00', ends: '23:30', quorum: '50',
        secretary: await choice(page, 'secretary', account(demo, 'clerk').name), items: 'Kết quả tháng\nKế hoạch tháng tới', delegates, guests: 'Đại diện Tổ dân phố số 3' };
      await fill(page, answers);
      await see(page, '03-new');
      await send(page, () => page.locator('main form[method="post"]').first(), answers);
      memory.meeting = new URL(page.url()).pathname;
      await expectText(page, title);
      await see(page, '04-called');
    }],
    ['the secretary lays a paper on the table', async () => {
      const page = await open('clerk');
      const paper = await paperFrom(browser, { organ: 'ỦY BAN NHÂN DÂN', number: '01/BC', place: 'Hải Phòng', kind: 'BÁO CÁO', subject: title, signer: 'NGƯỜI BÁO CÁO', body: ['Kết quả thực hiện trong tháng.'] }, { name: 'bao-cao-thang.pdf' });
      await page.locator('main input[type=file]').first().setInputFiles(paper);
      await go(page, page.locator('main form[enctype="multipart/form-data"] button').last());
      await expectText(page, 'bao-cao-thang.pdf');
    }],
    acts('official', 'gop-y', { text: 'Đề nghị bổ sung số liệu quý III.' }, 'quý III'),
    acts('leader', 'mo', {}, 'Đang họp'),
    ['a delegate joins by the link of the QR code', async () => {
      const page = await open('clerk');
      await go(page, page.locator('main a[href$="/ma-tham-du"]').first());
      await see(page, '05-qr');
      const text = await page.locator('main').textContent();
      memory.link = new URL(text.match(/https?:\/\/\S+\/vao\/[\w.-]+/)[0]).pathname;
      memory.code = text.match(/\b\d{6}\b/)?.[0];
      const official = await open('official', memory.link);
      await see(official, '06-join');
      await go(official, official.locator('main form[method="post"] button').first());
      await see(official, '07-joined');
    }],
    ['another by the code on the screen; the secretary calls the roll for the rest', async () => {
      const head = await open('head');
      await step(head, setting, 'co-mat', { code: memory.code }, 'meeting-08-code');
      const page = await open('clerk');
      await go(page, page.locator('main a[href$="/diem-danh"]').first());
      const people = await page.locator('main input[name="people"]').evaluateAll((all) => all.map((one) => one.value));
      await fill(page, { people });
      await see(page, '09-roll');
      await send(page, () => page.locator('main form[method="post"]').first(), { people });
      await see(page, '10-present');
    }],
    acts('official', 'dang-ky-phat-bieu', { text: 'Về số liệu' }, 'Về số liệu'),
    asks('open', { text: 'Thông qua kế hoạch tháng tới?' }),
    votes('official', /^\s*(Tán thành|Đồng ý)/),
    votes('head', /^\s*(Không tán thành|Không đồng ý)/),
    counts('open', account(demo, 'official').name),
    asks('secret', { text: 'Bầu người đại diện?', lines: 'Có\nKhông', flag: ['yes'] }),
    votes('official', /^\s*Có/),
    votes('head', /^\s*Có/),
    votes('clerk', /^\s*Không/),
    ['the secret vote tells numbers and no names', async () => {
      const page = await open('leader', memory.vote);
      await go(page, page.locator('main form[action$="/dong-bieu-quyet"] button').first());
      await page.goto(memory.vote);
      await expectText(page, 'Kết quả');
      const text = await page.locator('main').textContent();
      if (text.includes(account(demo, 'official').name)) throw new Error('the result of a secret vote names a delegate');
      await see(page, 'result-secret');
    }],
    ['the conclusion names who does what until when', async () => {
      const page = await open('leader');
      await go(page, page.locator('main a[href$="/ket-luan"]').first());
      const day = new Date(Date.now() + 7 * 3600_000 + 10 * 86_400_000);
      const answers = { text: 'Hoàn thành kế hoạch số hóa tháng tới.', people: await choice(page, 'people', account(demo, 'official').name),
        'due.day': String(day.getUTCDate()), 'due.month': String(day.getUTCMonth() + 1), 'due.year': String(day.getUTCFullYear()) };
      await fill(page, answers);
      await see(page, '11-conclude');
      await send(page, () => page.locator('main form[method="post"]').first(), answers);
      await expectText(page, 'Hoàn thành kế hoạch số hóa');
    }],
    acts('clerk', 'dien-bien', { text: 'Cuộc họp nghe báo cáo và thảo luận.' }, 'nghe báo cáo'),
    acts('leader', 'dong', {}, 'Đã'),
    acts('leader', 'duyet-bien-ban', {}, /[Bb]iên bản/),
    ['the conclusion becomes a task of the official', async () => {
      const page = await open('leader');
      await see(page, '12-closed');
      await go(page, page.locator('main form[action$="/giao-viec"] button').first());
      await expectText(page, 'Hoàn thành kế hoạch số hóa');
      await see(page, '13-task');
      memory.task = new URL(page.url()).pathname;
      const official = await open('official', '/vi/can-bo/nhiem-vu');
      if (!(await official.locator(`main a[href="${memory.task}"]`).count())) throw new Error('the official does not see the task');
    }],
    ['the minutes are a PDF', async () => {
      const page = await open('clerk');
      const href = await page.locator('main a[href$="/bien-ban"]').first().getAttribute('href');
      const answer = await page.request.get(href);
      if (answer.status() !== 200 || !(await answer.body()).subarray(0, 5).equals(Buffer.from('%PDF-'))) throw new Error(`minutes: ${answer.status()}`);
    }],
  ];
}
