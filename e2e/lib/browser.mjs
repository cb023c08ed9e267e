// Debian's Chromium, opened the same way for every journey, and what every page must satisfy.
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { root } from './city.mjs';

const SWITCHES = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--no-first-run'];
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
export const screenshots = join(root, 'e2e/screenshots');

function findBrowser() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      if (folder && existsSync(join(folder, name))) return join(folder, name);
    }
  }
  throw new Error('no Chromium found: apt-get install -y chromium');
}

export const launch = () => chromium.launch({ executablePath: findBrowser(), args: SWITCHES });

/**
 * A person at a screen: own cookies, one width, scripts on or off. `scheme` is light or dark. Nothing else is called
 * than the city at `base` and the simulator of the national e-identity at which its residents sign in.
 */
export async function person(browser, setting, base, simulator) {
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width: setting.width, height: setting.width < 600 ? 640 : 800 },
    javaScriptEnabled: setting.scripts,
    locale: 'vi-VN',
    timezoneId: 'Asia/Ho_Chi_Minh',
    reducedMotion: 'reduce',
    colorScheme: setting.scheme ?? 'light',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(`script error: ${error.message.split('\n')[0]}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
      page.faults.push(`console: ${message.text().slice(0, 160)}`);
    }
  });
  page.on('response', (answer) => {
    const same = [base, simulator].some((known) => known && answer.url().startsWith(`${known}/`));
    if (!same) page.faults.push(`foreign request ${answer.url()}`);
    else if (answer.status() >= 500) page.faults.push(`${answer.status()} ${new URL(answer.url()).pathname}`);
  });
  return page;
}

// axe needs timers, which a browser without scripts does not run; the same HTML is judged in the runs with scripts.
async function axe(page, setting) {
  if (!setting.scripts) return [];
  // Our pages have no frames. Without the legacy mode each look opens a page more to put the frames' results together,
  // which takes twice the time of the look itself.
  const builder = new AxeBuilder({ page }).withTags(AXE_TAGS).setLegacyMode(true)
    .options({ resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } });
  return (await builder.analyze()).violations;
}

/** Judges the page that is open and keeps a picture of it. What is wrong fails the step, but the journey goes on. */
export async function look(page, setting, name) {
  const faults = page.faults.splice(0);
  const folder = join(screenshots, setting.name);
  mkdirSync(folder, { recursive: true });
  page.shots = (page.shots ?? 0) + 1;
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, animations: 'disabled' });
  const headings = await page.locator('h1').allTextContents();
  if (headings.length !== 1) faults.push(`${headings.length} h1: ${headings.map((text) => text.trim()).join(' | ')}`);
  const title = await page.title();
  if (title.length < 5) faults.push(`title "${title}"`);
  const body = page.locator('body');
  const text = setting.scripts ? await body.innerText() : await body.textContent();
  if (text !== text.normalize('NFC')) faults.push('text is not in NFC');
  for (const leak of [/\{\s*\$|\bundefined\b|\bNaN\b|\bNone\b|Some\(/, /\b[a-z]+(?:-[a-z]+){2,}\b(?=\s*$)/m]) {
    const found = text.match(leak);
    if (found && leak.source.startsWith('\\{')) faults.push(`looks like code: "${found[0]}"`);
  }
  const box = await page.locator('main').first().boundingBox();
  if (box && box.x + box.width > setting.width + 1) faults.push(`main is ${Math.round(box.x + box.width)} px wide at ${setting.width}`);
  if (setting.scripts) {
    const over = await page.evaluate(() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 1) faults.push(`overflows by ${over} px`);
  }
  for (const v of await axe(page, setting)) {
    faults.push(`axe ${v.id}: ${v.help} (${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(', ')})`);
  }
  if (faults.length) (setting.faults ??= []).push(`${name} ${new URL(page.url()).pathname}: ${faults.join(' | ')}`);
}

/** What a person would call the page: its heading. */
export const heading = async (page) => (await page.locator('h1').first().textContent()).replace(/\s+/g, ' ').trim();

export async function expectText(page, pattern, where = 'main') {
  const text = (await page.locator(where).first().textContent()).replace(/\s+/g, ' ');
  const found = typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);
  if (!found) throw new Error(`${new URL(page.url()).pathname}: expected ${pattern}; the page says: ${text.slice(0, 600)}`);
}
