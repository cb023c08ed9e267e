// A decision of a commune from its draft to its issue: reviewed, checked, signed by the leader, numbered and sealed by
// the clerk, sent inside and outside; then anyone checks the file that was issued.
import { expectText, look } from '../lib/browser.mjs';
import { errors, fill } from '../lib/form.mjs';
import { choice, crew, deed, go, send } from '../lib/papers.mjs';
import { account } from '../lib/people.mjs';

const BODY = ['Điều 1. Thành lập Tổ công nghệ số cộng đồng của địa phương (dữ liệu minh họa).',
  'Điều 2. Tổ có nhiệm vụ hướng dẫn người dân sử dụng dịch vụ công trực tuyến.',
  'Điều 3. Quyết định này có hiệu lực kể từ ngày ký. Các đơn vị có liên quan chịu trách nhiệm thi hành Quyết định này.'].join('\n');

export function journey(world) {
  const { setting, demo } = world;
  const at = crew(world);
  const memory = {};
  const subject = `Về việc thành lập Tổ công nghệ số cộng đồng ${setting.name}`;
  const see = (page, name) => look(page, setting, `decision-${name}`);
  const open = async (role) => {
    const page = await at(role, memory.document ?? '/can-bo/van-ban');
    await page.goto(memory.document ?? '/vi/can-bo/van-ban');
    return page;
  };
  const does = (role, action, answers, says) => [`${role}: ${action}`, async () => {
    const page = await open(role);
    await deed(page, action, answers);
    await expectText(page, says);
    await see(page, `${action}-done`);
  }];

  return [
    ['an empty draft is answered field by field, and nothing typed is lost', async () => {
      const page = await open('official');
      await see(page, '01-list');
      await page.goto('/vi/can-bo/van-ban/moi');
      await see(page, '02-new');
      await fill(page, { body: BODY });
      await go(page, page.locator('main form[method="post"] button:not([name])').first());
      const told = await errors(page);
      if (told.length < 2) throw new Error(`an empty draft was answered with: ${told.join(' | ')}`);
      if (!(await page.locator('main [name="body"]').inputValue()).includes('Điều 3.')) throw new Error('the text typed was lost');
      await see(page, '03-wrong');
    }],
    ['the official drafts a decision and reads it as it will look', async () => {
      const page = await open('official');
      await page.goto('/vi/can-bo/van-ban/moi');
      const signer = await choice(page, 'signer', account(demo, 'leader').name);
      const answers = { course: 'out', kind: 'quyet_dinh', subject, signer, body: BODY,
        recipients: 'Sở Khoa học và Công nghệ\nỦy ban Mặt trận Tổ quốc', bases: 'Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025' };
      await fill(page, answers);
      await go(page, page.locator('main form[method="post"] button[name="preview"]').first());
      await expectText(page, 'Tổ công nghệ số');
      await see(page, '04-preview');
      await send(page, () => page.locator('main form[method="post"]').first(), answers);
      await expectText(page, subject);
      memory.document = new URL(page.url()).pathname;
      await see(page, '05-draft');
    }],
    does('official', 'submit', {}, 'Chờ thẩm định'),
    ['the head returns it with words', async () => {
      const page = await open('head');
      await see(page, '06-review');
      await deed(page, 'give_back', { give_back_words: 'Đề nghị nêu rõ thành phần của Tổ.' });
      const official = await open('official');
      await expectText(official, 'nêu rõ thành phần');
      await see(official, '07-returned');
    }],
    ['the official writes the next version; the two can be compared', async () => {
      const page = await open('official');
      await go(page, page.locator('main a[href$="/sua"]').first());
      await fill(page, { body: BODY.replace('(dữ liệu minh họa).', 'gồm bảy thành viên (dữ liệu minh họa).') });
      await send(page, () => page.locator('main form[method="post"]').first());
      await go(page, page.locator('main a[href*="/so-sanh"]').first());
      await expectText(page, 'bảy thành viên');
      await see(page, '08-compare');
    }],
    does('official', 'submit', {}, 'Chờ thẩm định'),
    does('head', 'pass_unit', {}, 'Chờ văn phòng kiểm tra'),
    does('clerk', 'pass_office', {}, 'Chờ'),
    ['the leader reads why they may sign, and signs what was shown', async () => {
      const page = await open('leader');
      await go(page, page.locator(`main a[href="${memory.document}/ky"]`).first());
      await expectText(page, 'Được ký');
      await see(page, '09-sign');
      await send(page, () => page.locator('main form[action$="/van-ban/ky"]').first());
      await see(page, '10-signed');
    }],
    ['the clerk numbers and seals: the second signature', async () => {
      const page = await open('clerk');
      await see(page, '11-to-number');
      const action = (await page.locator('main input[name="action"][value="number"]').count()) ? 'number' : 'seal';
      await deed(page, action);
      await expectText(page, /\d+\/QĐ-/);
      await see(page, '12-sealed');
    }],
    does('clerk', 'issue', {}, 'Đã phát hành'),
    ['the issued file is one PDF with both signatures', async () => {
      const page = await open('clerk');
      const href = await page.locator('main a[href$="/ban-in"]').first().getAttribute('href');
      const answer = await page.request.get(href);
      const bytes = await answer.body();
      const signatures = bytes.toString('latin1').split('/ByteRange').length - 1;
      if (answer.headers()['content-type'] !== 'application/pdf' || signatures < 2) throw new Error(`${signatures} signatures in ${bytes.length} bytes`);
      memory.file = bytes;
    }],
    ['anyone hands in the file and reads that it is whole and whose it is', async () => {
      const page = await at('anyone');
      await page.goto('/vi/kq');
      await see(page, '13-check');
      await page.locator('main input[type=file]').first().setInputFiles({ name: 'quyet-dinh.pdf', mimeType: 'application/pdf', buffer: memory.file });
      await go(page, page.locator('main form[enctype="multipart/form-data"] button').last());
      await expectText(page, /không bị thay đổi|toàn vẹn|nguyên vẹn/i);
      await see(page, '14-checked');
    }],
    ['a file changed by one byte is refused', async () => {
      const page = await at('anyone');
      const changed = Buffer.from(memory.file);
      // Inside the first signature's range: a byte of the first page's compressed content.
      changed[1500] ^= 1;
      await page.goto('/vi/kq');
      await page.locator('main input[type=file]').first().setInputFiles({ name: 'quyet-dinh.pdf', mimeType: 'application/pdf', buffer: changed });
      await go(page, page.locator('main form[enctype="multipart/form-data"] button').last());
      const text = await page.locator('main').first().textContent();
      if (!/không|đã bị|hỏng/i.test(text)) throw new Error(`a changed file: ${text.slice(0, 400)}`);
      await see(page, '15-changed');
    }],
  ];
}
