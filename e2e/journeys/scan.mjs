// A paper from the shelf: scanned, read by the machine, confirmed by a person, found by words without accents, and
// taken into the register of arrivals.
import { expectText, look } from '../lib/browser.mjs';
import { fill } from '../lib/form.mjs';
import { pause } from '../lib/city.mjs';
import { crew, go, paperFrom, send } from '../lib/papers.mjs';

export function journey(world) {
  const { browser, setting } = world;
  const at = crew(world);
  const memory = {};
  const file = `van-ban-quet-${setting.name}.png`;
  const see = (page, name) => look(page, setting, `scan-${name}`);
  const number = { '320-on': 211, '320-off': 212, '1280-on': 213, '1280-off': 214 }[setting.name];
  const street = { '320-on': 'Hoa Phượng', '320-off': 'Bạch Đằng', '1280-on': 'Cát Tiên', '1280-off': 'Đằng Hải' }[setting.name];
  const plain = street.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase();

  return [
    ['a picture of a paper is handed in', async () => {
      const page = await at('clerk', '/can-bo/van-ban-quet');
      await page.goto('/vi/can-bo/van-ban-quet');
      await see(page, '01-list');
      const paper = await paperFrom(browser, { organ: 'ỦY BAN NHÂN DÂN THÀNH PHỐ HẢI PHÒNG', number: `${number}/QĐ-UBND`, place: 'Hải Phòng, ngày 15 tháng 3 năm 2019',
        kind: 'QUYẾT ĐỊNH', subject: `Về việc đặt tên đường ${street}`, signer: 'CHỦ TỊCH',
        body: ['Căn cứ Luật Tổ chức chính quyền địa phương;', `Điều 1. Đặt tên đường ${street} trên địa bàn phường, từ ngã tư chợ đến bờ sông.`, 'Điều 2. Quyết định này có hiệu lực kể từ ngày ký.'] },
      { scanned: true, name: file });
      const links = () => page.locator('main a[href*="/van-ban-quet/"]').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
      const before = await links();
      const box = page.locator('main input[type=file]').first();
      if (!(await box.isVisible())) await page.locator('main details summary').first().click();
      await box.setInputFiles(paper);
      await fill(page, { secrecy: 'no' });
      await go(page, page.locator('main form[enctype="multipart/form-data"] button').last());
      if (!/\/van-ban-quet\/[^/]+$/.test(new URL(page.url()).pathname)) {
        const added = (await links()).find((href) => !before.includes(href));
        if (!added) throw new Error(`nothing was handed in at ${page.url()}`);
        await page.goto(added);
      }
      memory.scan = new URL(page.url()).pathname;
      await see(page, '02-handed-in');
    }],
    ['the machine reads it and proposes number, day and subject', async () => {
      const page = await at('clerk');
      for (let turn = 0; turn < 240 && !(await page.locator('main [name="number"]').count()); turn += 1) {
        await pause(500);
        await page.goto(memory.scan);
      }
      await see(page, '03-read');
      const value = (name) => page.locator(`main [name="${name}"]`).first().inputValue();
      if ((await value('number')) !== String(number)) throw new Error(`number read: ${await value('number')}`);
      if ((await value('issued.year')) !== '2019') throw new Error(`year read: ${await value('issued.year')}`);
      if (!(await value('subject')).includes(street)) throw new Error(`subject read: ${await value('subject')}`);
      await expectText(page, 'ngã tư chợ');
    }],
    ['a person confirms what was proposed', async () => {
      const page = await at('clerk');
      await fill(page, { compared: ['yes'] });
      await send(page, () => page.locator('main form', { has: page.locator('[name="subject"]') }).first(), { compared: ['yes'] });
      await see(page, '04-confirmed');
    }],
    ['it is found by words without accents, with the place in its text', async () => {
      const page = await at('clerk');
      for (let turn = 0; ; turn += 1) {
        await page.goto('/vi/can-bo/tim-van-ban');
        await fill(page, { words: `dat ten duong ${plain}` });
        await go(page, page.locator('main form[role="search"] button:not([name])').first());
        if (await page.locator(`main a[href="${memory.scan}"]`).count()) break;
        if (turn > 60) throw new Error(`"dat ten duong ${plain}" does not find the scan: ${(await page.locator('main').textContent()).slice(-400)}`);
        await pause(500);
      }
      const marked = await page.locator('main mark').allTextContents();
      if (!marked.some((words) => street.toLowerCase().includes(words.toLowerCase().split(' ')[0]))) throw new Error(`marked: ${marked.join(', ')}`);
      await see(page, '05-found');
    }],
    ['words that no document has are said to be found nowhere', async () => {
      const page = await at('clerk');
      await fill(page, { words: 'zzz khong co van ban nao nhu the' });
      await go(page, page.locator('main form[role="search"] button:not([name])').first());
      await see(page, '06-nothing');
      if (await page.locator('main ol.hd-plainlist li').count()) throw new Error('something was found');
    }],
    ['it goes into the register of arrivals with what was confirmed', async () => {
      const page = await at('clerk');
      await page.goto(memory.scan);
      await go(page, page.locator('main form[action$="/van-ban-den"] button').first());
      await expectText(page, street);
      await see(page, '07-arrival');
    }],
  ];
}
