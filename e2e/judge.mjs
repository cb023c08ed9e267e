#!/usr/bin/env node
// Prepares a city for the outside judge of pages, runs it, and passes on its verdict.
//   node judge.mjs FOLDER_OF_THE_JUDGE [short]
// Every GET page that `haidang routes --json` lists is judged in both languages, light and dark, under the role that
// the row names. `short` takes the pages of SHORT alone, in Vietnamese, without pictures.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launch, person } from './lib/browser.mjs';
import { binary, root, startCity } from './lib/city.mjs';
import { account, signIn } from './lib/people.mjs';

const [folder, form] = process.argv.slice(2);
const short = form === 'short';
const out = join(root, 'e2e/report');

/** One page of each kind: start, question, list, workbench, public. */
const SHORT = ['show_home', 'search_procedures', 'show_procedure', 'show_question', 'check_answers', 'list_own_cases', 'show_case',
  'show_inbox', 'show_office_case', 'list_vault_items', 'list_accesses', 'verify_result', 'choose_sign_in', 'show_due_dates'];

function routes(city) {
  const run = spawnSync(binary(), ['routes', '--json'], { cwd: root, env: city.settings, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (run.status !== 0) throw new Error(`haidang routes --json: ${run.stderr}`);
  const body = JSON.parse(run.stdout);
  return Array.isArray(body) ? body : body.routes;
}

/** The judge's list: the pages, each with an address of this city. */
function pages(rows) {
  return rows.filter((row) => [row.method].flat().includes('GET') && row.html !== false)
    .filter((row) => !short || (SHORT.includes(row.id) && (row.lang ?? 'vi') === 'vi'))
    // Residents' pages stay light on purpose; they are opened in the dark scheme all the same.
    .map((row) => ({ ...row, dark: true, example: row.example ?? row.url ?? row.path }));
}

async function cookies(city, roles) {
  const environment = {};
  const browser = await launch();
  for (const role of roles) {
    const page = await person(browser, { width: 1280, scripts: true, name: 'judge' }, city.base, city.demo.simulator);
    await signIn(page, account(city.demo, role));
    // Those of the city alone: the simulator, where residents signed in, gives out a cookie of the same name.
    const jar = await page.context().cookies(city.base);
    environment[`EXPERIENCE_COOKIE_${role.toUpperCase().replace(/\W/g, '_')}`] = jar.map((c) => `${c.name}=${c.value}`).join('; ');
    await page.context().close();
  }
  await browser.close();
  return environment;
}

/** Runs the judge over a part of the pages: its exit status, and what it counted. */
async function judge(city, list, environment, name) {
  const words = [join(folder, 'run.mjs'), '--base', city.base, '--routes-file', '-', '--out', join(out, name), ...(short ? ['--no-shots'] : [])];
  const child = spawn(process.execPath, words, { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  child.stdin.end(JSON.stringify(list));
  let counts = [0, 0];
  for await (const line of createInterface({ input: child.stdout })) {
    const sum = /^(\d+) passed, (\d+) failed$/.exec(line);
    if (sum) counts = sum.slice(1).map(Number);
    else console.log(line);
  }
  const [code] = await ended;
  return { passed: counts[0], failed: counts[1], code: code ?? 1 };
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const environment = { HAIDANG_SESSION_RESIDENT_IDLE_MINUTES: '480', HAIDANG_SESSION_OFFICIAL_IDLE_MINUTES: '480' };
const city = await startCity({ residents: 400, months: 3, environment });
let verdict = 1;
try {
  const list = pages(routes(city));
  const roles = [...new Set(list.map((page) => page.role).filter(Boolean))];
  console.log(`${list.length} pages, roles: ${roles.join(', ')}`);
  const jars = await cookies(city, roles);
  // The two languages side by side: a browser alone leaves half of a small machine idle.
  const parts = ['vi', 'en'].map((lang) => [lang, list.filter((page) => (page.lang ?? 'vi') === lang)]).filter(([, part]) => part.length);
  const verdicts = await Promise.all(parts.map(([lang, part]) => judge(city, part, jars, lang)));
  const sum = (count) => verdicts.reduce((total, one) => total + one[count], 0);
  verdict = Math.max(...verdicts.map(({ code }) => code));
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
} catch (error) {
  console.log(`FAIL ${error.message}\n0 passed, 1 failed`);
} finally {
  await city.stop();
}
process.exitCode = verdict;
