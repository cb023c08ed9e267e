// Signing in with a passkey: an official adds one in a browser that has an authenticator, signs out, signs in with it and
// is at the inbox. Without scripts the pages say what else there is, and password with code goes on as before.
import { expectText, look, person } from '../lib/browser.mjs';
import { account, signInOfficial } from '../lib/people.mjs';

const ROLE = 'one_stop_officer';
const KEYS = '/vi/tai-khoan/khoa-truy-cap';

/** Gives the page an authenticator that verifies its owner, as a telephone or a laptop has one. */
async function withAuthenticator(page) {
  const client = await page.context().newCDPSession(page);
  await client.send('WebAuthn.enable');
  const { authenticatorId } = await client.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { client, authenticatorId };
}

export function journey(world) {
  const { browser, setting, base, demo } = world;
  const who = account(demo, ROLE);
  const memory = {};
  const see = (name) => look(memory.page, setting, name);
  const press = async (form) => {
    await Promise.all([memory.page.waitForNavigation({ waitUntil: 'load' }), memory.page.locator(`${form} button`).first().click()]);
  };
  const at = (path) => {
    const { pathname } = new URL(memory.page.url());
    if (pathname !== path) throw new Error(`at ${pathname} instead of ${path}`);
  };

  const enter = ['sign in with password and code', async () => {
    memory.page = await person(browser, setting, base);
    world.pages.push(memory.page);
    if (setting.scripts) memory.authenticator = await withAuthenticator(memory.page);
    await memory.page.goto('/vi/dang-nhap/can-bo');
    await see('passkey-01-sign-in');
    await signInOfficial(memory.page, who, '/can-bo/viec');
    at('/vi/can-bo/viec');
  }];
  const pages = ['the pages of the account', async () => {
    for (const [path, name] of [['/vi/tai-khoan', 'account'], ['/vi/tai-khoan/thiet-bi', 'devices'], ['/vi/tai-khoan/mat-khau', 'password'],
      ['/vi/tai-khoan/ma-xac-thuc', 'codes'], ['/vi/tai-khoan/ma-khoi-phuc', 'recovery-codes'], ['/vi/dang-nhap/nang-muc', 'step-up'],
      ['/vi/dang-nhap/khoi-phuc', 'recovery'], [KEYS, 'keys']]) {
      await memory.page.goto(path);
      await see(`passkey-02-${name}`);
    }
  }];
  if (!setting.scripts) {
    return [enter, pages, ['the page says that password and code go on without scripts', async () => {
      await memory.page.goto(KEYS);
      await expectText(memory.page, 'vẫn đăng nhập được bằng mật khẩu và mã xác thực');
      if (await memory.page.locator('form[data-passkey]').isVisible()) throw new Error('an offer that cannot work is shown');
    }]];
  }
  return [
    enter,
    pages,
    ['add a passkey', async () => {
      await memory.page.goto(KEYS);
      await memory.page.locator('form[data-passkey="create"] input#name').fill('Máy thử nghiệm');
      await press('form[data-passkey="create"]');
      at(KEYS);
      await expectText(memory.page, 'Máy thử nghiệm');
      await see('passkey-03-added');
    }],
    ['prove more with it', async () => {
      await memory.page.goto('/vi/dang-nhap/nang-muc?next=%2Ftai-khoan%2Fthiet-bi');
      await see('passkey-04-step-up');
      await press('form[data-passkey="get"]');
      at('/vi/tai-khoan/thiet-bi');
      await expectText(memory.page, 'khóa truy cập');
    }],
    ['sign out, sign in with the passkey, be at the inbox', async () => {
      const out = memory.page.locator('form[action$="/dang-xuat"]').first();
      await Promise.all([memory.page.waitForNavigation({ waitUntil: 'load' }), out.evaluate((form) => form.requestSubmit())]);
      await memory.page.goto('/vi/tai-khoan');
      at('/vi/dang-nhap');
      await memory.page.goto('/vi/dang-nhap/can-bo?next=%2Fcan-bo%2Fviec');
      await press('form[data-passkey="get"]');
      at('/vi/can-bo/viec');
      await see('passkey-05-inbox');
    }],
    ['with its name typed, too', async () => {
      await memory.page.context().clearCookies();
      await memory.page.goto('/vi/dang-nhap/can-bo?next=%2Fcan-bo%2Fviec');
      await memory.page.locator('input#username').fill(who.username);
      await press('form[data-passkey="get"]');
      at('/vi/can-bo/viec');
    }],
    ['remove it', async () => {
      await memory.page.goto(KEYS);
      await press('main table form');
      at(KEYS);
      await expectText(memory.page, 'Chưa có khóa truy cập nào');
    }],
  ];
}
