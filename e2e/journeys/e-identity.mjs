// A resident at the national e-identity: with one factor first, with two when authorising somebody takes them, a
// sign-in that fails and says what to do, and leaving at both ends.
import { expectText, look, person } from '../lib/browser.mjs';
import { fill, press } from '../lib/form.mjs';
import { account, chooseAtSimulator } from '../lib/people.mjs';

const WANTED = '/vi/uy-quyen/moi';

export function journey(world) {
  const { browser, setting, base, demo } = world;
  const number = account(demo, 'other_resident').citizen_no;
  const memory = {};
  const see = (name) => look(memory.page, setting, `e-identity-${name}`);
  const at = (path) => {
    const { href, pathname } = new URL(memory.page.url());
    if (!href.startsWith(base) || pathname !== path) throw new Error(`at ${href} instead of ${path}`);
  };
  const there = () => {
    if (!memory.page.url().startsWith(demo.simulator)) throw new Error(`not at the simulator but at ${memory.page.url()}`);
  };
  const choose = async (level, fault = '') => {
    there();
    await chooseAtSimulator(memory.page, number, level);
    await fill(memory.page, { fault });
    const form = memory.page.locator('main form button').first();
    await Promise.all([memory.page.waitForNavigation({ waitUntil: 'load' }), form.click()]);
  };
  return [
    ['sign in with one factor', async () => {
      memory.page = await person(browser, setting, base, demo.simulator);
      world.pages.push(memory.page);
      await memory.page.goto(WANTED);
      at('/vi/dang-nhap');
      await press(memory.page, /Đăng nhập bằng VNeID/);
      await choose('1');
      at('/vi/dang-nhap/nang-muc');
      await expectText(memory.page, 'Mức xác thực 02');
      await see('01-more');
    }],
    ['prove more at the same place and go on', async () => {
      await press(memory.page, /Xác thực bằng VNeID/);
      await choose('2');
      at(WANTED);
      await see('02-goes-on');
    }],
    ['sign out here and there', async () => {
      const out = memory.page.locator('form[action$="/dang-xuat"]').first();
      await Promise.all([memory.page.waitForNavigation({ waitUntil: 'load' }), out.evaluate((form) => form.submit())]);
      at('/vi/da-dang-xuat/vneid');
      await see('03-signed-out');
      await press(memory.page, /Đăng xuất khỏi VNeID/);
      there();
      await see('04-signed-out-there');
      await press(memory.page, /Quay lại thành phố/);
      at('/vi');
    }],
    ['a sign-in that fails says what to do', async () => {
      await memory.page.goto(WANTED);
      await press(memory.page, /Đăng nhập bằng VNeID/);
      await choose('', 'wrong_aud');
      at('/vi/dang-nhap/vneid/khong-thanh');
      await expectText(memory.page, 'không qua được kiểm tra an toàn');
      await see('05-failed');
      await press(memory.page, /Chọn cách đăng nhập khác/);
      at('/vi/dang-nhap');
    }],
  ];
}
