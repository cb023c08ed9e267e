// Once only across agencies: the form of a birth takes the mother from the population register of the ministry, through
// the city's exchange, as soon as the answers say that she is the one who applies; when the register is slow, wrong or
// gone, the form asks her instead; and she reads that her data was asked for.
import { expectText, look, person } from '../lib/browser.mjs';
import { errors, fill } from '../lib/form.mjs';
import { account, signIn } from '../lib/people.mjs';

const REGISTER = 'Cơ sở dữ liệu quốc gia về dân cư';
/** What the register does, and how the simulator is told to do it. */
const ILL = [
  ['slow', { fault: 'hang' }],
  ['wrong', { fault: 'malformed' }],
  ['gone', { fault: 'reset' }],
];

export function journey(world) {
  const { browser, setting, base, demo } = world;
  const mother = account(demo, 'resident');
  const memory = {};
  const see = (page, name) => look(page, setting, `once-only-${name}`);
  const submit = async (page) => {
    await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.locator('main form[method="post"] button').first().click()]);
    const told = await errors(page);
    if (told.length) throw new Error(`${page.url()}: ${told.join(' | ')}`);
  };
  async function simulator(method, path, body) {
    const answer = await fetch(`${demo.national}/_control${path}`, {
      method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  }
  async function begin(page) {
    await page.goto('/vi/thu-tuc/1.001193');
    await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.getByRole('button', { name: /Bắt đầu nộp hồ sơ/ }).or(page.getByRole('link', { name: /Bắt đầu nộp hồ sơ/ })).first().click()]);
    memory.draft = new URL(page.url()).pathname.match(/\/nop-ho-so\/[^/]+/)?.[0];
    if (!memory.draft) throw new Error(`landed on ${page.url()}`);
  }
  async function relate(page, relation) {
    await page.goto(`/vi${memory.draft}/cau-hoi/relation`);
    await fill(page, { applicant_relation: relation, child_situation: 'usual' });
    await submit(page);
  }
  const toMother = (page) => page.goto(`/vi${memory.draft}/cau-hoi/mother`);

  return [
    ['the register knows the mother as soon as she says who she is', async () => {
      if (!demo.national) throw new Error('demo.json names no simulated national systems');
      const page = await person(browser, setting, base, demo.simulator);
      world.pages.push(page);
      memory.page = page;
      await signIn(page, mother, '/');
      await begin(page);
      await relate(page, 'mother');
      await toMother(page);
      await expectText(page, REGISTER);
      await expectText(page, mother.name);
      await see(page, '01-known');
      await fill(page, { known: 'yes' });
      await see(page, '02-confirmed');
    }],
    ['her name leaves the form with the reason for which it was there', async () => {
      const { page } = memory;
      await submit(page);
      await relate(page, 'father');
      await toMother(page);
      const left = await page.locator('main [name="mother_full_name"]').inputValue();
      if (left) throw new Error(`the mother is still called ${left}`);
      await see(page, '03-father');
    }],
    ...ILL.map(([manner, rule], index) => [`the register is ${manner}: the form asks her`, async () => {
      const { page } = memory;
      await begin(page);
      await simulator('POST', '/faults', { system: 'population', ...rule });
      try {
        const started = Date.now();
        await relate(page, 'mother');
        const took = Date.now() - started;
        if (took > 10_000) throw new Error(`the page took ${took} ms`);
      } finally {
        await simulator('DELETE', '/faults');
      }
      await toMother(page);
      if (!(await page.locator('main [name="mother_ethnicity"]').count())) throw new Error('nothing is asked');
      await see(page, `0${4 + index}-${manner}`);
    }]),
    ['the register answers again', async () => {
      const { page } = memory;
      await begin(page);
      await relate(page, 'mother');
      await toMother(page);
      await expectText(page, REGISTER);
    }],
    ['she reads that the ministry was asked, and why', async () => {
      const { page } = memory;
      const deadline = Date.now() + 20_000;
      for (;;) {
        await page.goto('/vi/ai-da-xem');
        if ((await page.locator('main').textContent()).includes('TT-DANCU')) break;
        if (Date.now() > deadline) throw new Error('the exchange is not on the log');
      }
      await see(page, '07-who-looked');
    }],
  ];
}
