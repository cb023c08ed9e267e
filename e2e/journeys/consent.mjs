// A consent and its end: a system of an agency may read a document for a case only while the person says yes. The
// withdrawal counts at the very next read, and every read and refusal stands on the person's log.
import { expectText, look, person } from '../lib/browser.mjs';
import { errors, fill } from '../lib/form.mjs';
import { account, enterCode, signIn } from '../lib/people.mjs';

const PURPOSE = 'partner_check';
const PAGE = '/vi/tai-khoan/dong-y';
const TOKENS = '/quan-tri/ma-truy-cap';

export function journey(world) {
  const { browser, setting, base, demo } = world;
  const me = account(demo, 'resident');
  const agency = account(demo, 'one_stop_officer').agency;
  const memory = {};
  const go = async (page, link) => { await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), link.click()]); };

  /** The system of the agency asks for the kind of document that the person has. */
  async function read() {
    const answer = await fetch(`${base}/api/v1/vault/reads`, {
      method: 'POST',
      headers: { authorization: `Bearer ${memory.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ subject: demo.examples.person, datatypes: [memory.kind], purpose: PURPOSE, case_id: demo.examples.case }),
    });
    return { status: answer.status, body: await answer.json() };
  }
  async function expectRefusal(code) {
    const { status, body } = await read();
    if (status !== 403 || !code.includes(body.code)) throw new Error(`${status} ${JSON.stringify(body)} instead of ${code.join(' or ')}`);
  }
  const decide = async (decision) => {
    await memory.page.goto(PAGE);
    await go(memory.page, memory.page.locator(`main form[action$="/${PURPOSE}"] button[value="${decision}"]`));
    const told = await errors(memory.page);
    if (told.length) throw new Error(told.join(' | '));
  };

  return [
    ['an administrator gives a system of the agency a token', async () => {
      const page = await person(browser, setting, base, demo.simulator);
      world.pages.push(page);
      await signIn(page, account(demo, 'administrator'), TOKENS);
      await page.goto(`/vi${TOKENS}`);
      await fill(page, { name: `Hệ thống đọc giấy tờ ${setting.name}`, agency, capabilities: ['vault.read'] });
      await go(page, page.locator(`main form[action$="${TOKENS}"] button`).first());
      if (await enterCode(page)) throw new Error('the second factor was a moment ago');
      memory.token = (await page.locator('main section code').first().textContent()).trim();
    }],
    ['without a consent it reads nothing', async () => {
      const items = await (await fetch(`${base}/api/v1/vault/items`, { headers: { authorization: `Bearer ${me.token}` } })).json();
      memory.kind = items.items.find((one) => one.origin === 'result')?.code;
      if (!memory.kind) throw new Error(`no result in the vault: ${JSON.stringify(items).slice(0, 400)}`);
      // The city of the journeys is walked several times: a no, or a yes that was taken back.
      await expectRefusal(['consent_missing', 'consent_withdrawn']);
    }],
    ['the person reads what is asked and says yes', async () => {
      memory.page = await person(browser, setting, base, demo.simulator);
      world.pages.push(memory.page);
      await signIn(memory.page, me, '/tai-khoan/dong-y');
      await memory.page.goto(PAGE);
      await expectText(memory.page, 'Hệ thống của cơ quan khác đọc giấy tờ');
      await look(memory.page, setting, 'consent-01-asked');
      await decide('GRANTED');
      await look(memory.page, setting, 'consent-02-granted');
    }],
    ['the system reads, and the read stands on the log', async () => {
      const { status, body } = await read();
      if (status !== 200 || !body.items?.length) throw new Error(`${status} ${JSON.stringify(body).slice(0, 400)}`);
      await memory.page.goto('/vi/ai-da-xem');
      await expectText(memory.page, 'Hệ thống của cơ quan khác đọc giấy tờ', `main tr#l-${body.access}`);
      await look(memory.page, setting, 'consent-03-log');
    }],
    ['the person takes the consent back', async () => {
      await decide('WITHDRAWN');
      await look(memory.page, setting, 'consent-04-withdrawn');
      const form = memory.page.locator(`main form[action$="/${PURPOSE}"]`);
      if (await form.locator('button[value="WITHDRAWN"]').count()) throw new Error('the page still offers to withdraw');
    }],
    ['the next read is refused, and the refusal stands on the log', async () => {
      await expectRefusal(['consent_withdrawn']);
      await memory.page.goto('/vi/ai-da-xem');
      // The newest row is this attempt.
      await expectText(memory.page, 'Bị từ chối', 'main tbody tr');
      await look(memory.page, setting, 'consent-05-log');
    }],
  ];
}
