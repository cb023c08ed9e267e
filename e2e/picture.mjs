#!/usr/bin/env node
// Takes the picture of the portal that the README shows: node picture.mjs  (writes docs/images/portal.png)
import { join } from 'node:path';
import { launch, person } from './lib/browser.mjs';
import { root, startCity } from './lib/city.mjs';

const city = await startCity({ residents: 50, months: 1 });
const browser = await launch();
try {
  const page = await person(browser, { width: 1280, scripts: true, name: 'picture' }, city.base);
  await page.goto('/vi', { waitUntil: 'networkidle' });
  await page.screenshot({ path: join(root, 'docs/images/portal.png'), clip: { x: 0, y: 0, width: 1280, height: 800 } });
} finally {
  await browser.close();
  await city.stop();
}
