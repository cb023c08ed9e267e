// A demonstration city of its own for a run: the real binary, a free port, a folder that is thrown away.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? join(process.env.HOME, '.cache/haidang/target');
  const given = process.env.HAIDANG_TEST_BIN ?? join(target, 'debug', 'haidang');
  if (!existsSync(given)) throw new Error(`${given} is missing: cargo build -p haidang-server`);
  return given;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a seeded city and waits until it says it is ready. */
export async function startCity({ residents = 200, months = 2, environment = {}, seconds = 180 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'haidang-e2e-'));
  const port = await freePort();
  const log = join(folder, 'server.log');
  const out = openSync(log, 'w');
  const settings = {
    ...process.env,
    HAIDANG_CITY_PACK: join(root, 'packs/haiphong'),
    HAIDANG_SERVER_LISTEN: `127.0.0.1:${port}`,
    HAIDANG_STORE_FOLDER: join(folder, 'var'),
    // One browser does the work of a whole city here.
    HAIDANG_RATE_PER_ADDRESS: '0',
    HAIDANG_RATE_PER_PERSON: '0',
    HAIDANG_RATE_ANONYMOUS_WRITES: '0',
    ...environment,
  };
  const words = ['demo', '--residents', String(residents), '--months', String(months)];
  const child = spawn(binary(), words, { cwd: root, env: settings, stdio: ['ignore', out, out] });
  let ended = null;
  child.on('exit', (code, signal) => { ended = `exit ${code ?? signal}`; });
  const base = `http://localhost:${port}`;
  const stop = async () => {
    if (!ended) {
      child.kill('SIGTERM');
      for (let i = 0; i < 100 && !ended; i += 1) await pause(100);
      if (!ended) child.kill('SIGKILL');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await fetch(`${base}/readyz`).catch(() => null);
    if (answer?.ok) break;
    if (ended || Date.now() > deadline) {
      const text = readFileSync(log, 'utf8').split('\n').slice(-40).join('\n');
      await stop();
      throw new Error(`the city did not start (${ended ?? `not ready after ${seconds} s`}):\n${text}`);
    }
    await pause(200);
  }
  const demo = JSON.parse(readFileSync(join(settings.HAIDANG_STORE_FOLDER, 'demo.json'), 'utf8'));
  return { base, folder, port, demo, log, stop, settings };
}

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
