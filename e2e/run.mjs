#!/usr/bin/env node
// Runs the journeys against the real binary: scripts on and off, 320 and 1280 px. One line a step, a picture of every
// page in screenshots/, then `N passed, N failed`. Words given name journeys or settings: node run.mjs birth 320-off
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, screenshots } from './lib/browser.mjs';
import { startCity } from './lib/city.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const settings = [[320, true], [320, false], [1280, true], [1280, false]]
  .map(([width, scripts]) => ({ name: `${width}-${scripts ? 'on' : 'off'}`, width, scripts }));
const names = readdirSync(join(here, 'journeys')).filter((name) => name.endsWith('.mjs')).map((name) => name.slice(0, -4)).sort();
const isSetting = (word) => settings.some((setting) => setting.name === word);
const chosenSettings = settings.filter((setting) => !wanted.some(isSetting) || wanted.includes(setting.name));
const chosen = names.filter((name) => !wanted.some((word) => !isSetting(word)) || wanted.includes(name));

let passed = 0;
let failed = 0;

/** What the server complained of since its log had this length: the cause is there, never on the page. */
function complaints(city, since) {
  const lines = readFileSync(city.log).subarray(since).toString('utf8').split('\n');
  return lines.filter((line) => /\b(ERROR|WARN)\b|panicked|stopped at/.test(line)).slice(-8);
}

async function walk(name, journey, setting, city, browser) {
  const world = { city, browser, setting, base: city.base, demo: city.demo, pages: [] };
  let broken = null;
  for (const [step, work] of journey(world)) {
    const label = `${name} ${setting.name}: ${step}`;
    if (broken) {
      failed += 1;
      console.log(`FAIL ${label}  (not reached)`);
      continue;
    }
    const started = Date.now();
    const logged = statSync(city.log).size;
    try {
      await work();
      const faults = setting.faults?.splice(0) ?? [];
      if (faults.length) throw Object.assign(new Error(faults.join('\n')), { goOn: true });
      passed += 1;
      console.log(`ok   ${label}  ${Date.now() - started} ms`);
    } catch (error) {
      failed += 1;
      // A page that looks wrong need not end the journey; one that cannot be walked does.
      if (!error.goOn) broken = error;
      console.log(`FAIL ${label}  ${[...error.message.split('\n'), ...(setting.faults?.splice(0) ?? [])].slice(0, 12).join('\n     ')}`);
      for (const line of complaints(city, logged)) console.log(`     the server: ${line}`);
      if (error.goOn) continue;
      for (const [index, page] of world.pages.entries()) {
        const file = join(screenshots, setting.name, `failed-${name}-${index}.png`);
        await page.screenshot({ path: file, fullPage: true }).catch(() => {});
        console.log(`     screen ${index}: ${page.url()} → ${file}`);
      }
    }
  }
  for (const page of world.pages) await page.context().close().catch(() => {});
}

if (chosen.length === 0 || chosenSettings.length === 0) throw new Error(`no such journey or setting: ${wanted.join(' ')}`);
rmSync(screenshots, { recursive: true, force: true });
mkdirSync(screenshots, { recursive: true });
// Each width has a city and a browser of its own: the two are walked side by side.
const lanes = [320, 1280].map((width) => chosenSettings.filter((setting) => setting.width === width)).filter((lane) => lane.length);
const running = [];
const end = () => Promise.all(running.splice(0).map(async ({ city, browser }) => {
  await browser?.close().catch(() => {});
  await city?.stop();
}));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { end().finally(() => process.exit(130)); });

async function walkAll(lane) {
  const own = {};
  running.push(own);
  own.city = await startCity();
  own.browser = await launch();
  for (const setting of lane) {
    for (const name of chosen) {
      const { journey } = await import(`./journeys/${name}.mjs`);
      await walk(name, journey, setting, own.city, own.browser);
    }
  }
}

for (const { reason } of (await Promise.allSettled(lanes.map(walkAll))).filter(({ status }) => status === 'rejected')) {
  failed += 1;
  console.log(`FAIL ${reason.message}`);
}
await end();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
