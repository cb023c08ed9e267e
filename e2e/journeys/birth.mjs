// The main job: a birth is registered. A resident files with reuse and payment, a clerk of another commune receives
// and asks for a supplement, official, leader and clerk decide, the result lands in the vault, anyone verifies it, and
// the resident reads who looked.
import { expectText, heading, look, person } from '../lib/browser.mjs';
import { errors, fill, press } from '../lib/form.mjs';
import { enterCode, signIn } from '../lib/people.mjs';

const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
const file = (name) => ({ name, mimeType: 'application/pdf', buffer: PDF });

const NEXT = /^(Tiếp tục|Lưu và tiếp tục)$/;
const CHILD = 'Nguyễn Mẫu Hải Đăng';

export function journey(world) {
  const { browser, setting, base, demo } = world;
  const cast = demo.journey;
  const people = {};
  const at = async (name) => {
    if (!people[name]) {
      people[name] = await person(browser, setting, base);
      world.pages.push(people[name]);
    }
    return people[name];
  };
  const seen = (page, name) => look(page, setting, name);
  const memory = {};

  // What the resident answers where the city knows nothing; known values stay as they come.
  const answers = {
    applicant_relation: 'mother', child_situation: 'usual',
    child_full_name: CHILD,
    'child_birth_date.day': '2', 'child_birth_date.month': '11', 'child_birth_date.year': '2026',
    child_sex: 'female', child_birth_place_kind: 'health_facility', child_birth_place: 'Bệnh viện Mẫu, phường Lê Chân',
    child_ethnicity: '01', child_nationality: 'VN',
    parents_married: 'false', copies_wanted: 'true', copies_quantity: '2',
    contact_phone: '0912 000 001', contact_delivery: 'electronic', declare_truth: 'true',
  };

  return [
    ['find the procedure without accents', async () => {
      const page = await at('resident');
      await page.goto('/vi');
      await seen(page, '01-home');
      await page.goto('/vi/tim?q=dang+ky+khai+sinh');
      await seen(page, '02-search');
      const first = page.locator('main a[href*="/thu-tuc/"]').first();
      if (!(await first.getAttribute('href')).includes('/thu-tuc/1.001193')) throw new Error('1.001193 is not the first result');
      await Promise.all([page.waitForNavigation(), first.click()]);
      await expectText(page, 'khai sinh');
      await seen(page, '03-start');
    }],
    ['begin, and sign in on the way', async () => {
      const page = await at('resident');
      await press(page, /Bắt đầu nộp hồ sơ/);
      if (page.url().includes('/dang-nhap')) {
        await seen(page, '04-sign-in');
        const next = new URL(page.url()).searchParams.get('next');
        await signIn(page, cast.resident, next ?? '/');
      }
      if (!page.url().includes('/nop-ho-so/')) {
        if (!page.url().includes('/thu-tuc/')) await page.goto('/vi/thu-tuc/1.001193');
        await press(page, /Bắt đầu nộp hồ sơ/);
      }
      if (!page.url().includes('/nop-ho-so/')) throw new Error(`landed on ${page.url()}`);
      memory.draft = page.url();
      await seen(page, '05-task-list');
    }],
  ];
}

export { CHILD, NEXT, enterCode, errors, expectText, file, fill, heading };
