// Sends every bad request of cases.mjs to both sides. Same status and same code, or the difference stands in the guide with
// its reason; a row there that is no longer true fails too. Ends with `N passed, N failed`.
//   node differential.mjs OUR_ISSUER PEER_ISSUER FACTS_FILE GUIDE
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cases } from './cases.mjs';
import { Side, outcome } from './side.mjs';

const [ourIssuer, peerIssuer, factsFile, guide] = process.argv.slice(2);
const facts = JSON.parse(readFileSync(factsFile, 'utf8'));
const keys = Object.fromEntries(Object.entries(facts.keys).map(([name, { jwk, d }]) => [name, { jwk, secret: createPrivateKey({ key: { ...jwk, d }, format: 'jwk' }) }]));

/** Rows `| case | ours | theirs | why |` of the guide. */
const known = new Map(readFileSync(guide, 'utf8').split('\n').map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
  .filter((cells) => cells.length === 6 && cases.some(([name]) => name === cells[1]))
  .map(([, name, ours, theirs, why]) => [name, { ours, theirs, why }]));

const sides = [
  await new Side('ours', ourIssuer, keys, facts.secrets, facts.account).open(),
  await new Side('peer', peerIssuer, keys, facts.peerSecrets, { name: 'somebody', password: 'anything' }).open(),
];

async function tried(side, sent) {
  try {
    return outcome(await sent(side));
  } catch (error) {
    return `broken: ${error.message}`;
  }
}

let [same, explained, failed] = [0, 0, 0];
const fail = (name, what) => { failed += 1; console.log(`FAIL ${name}: ${what}`); };
for (const [name, sent] of cases) {
  const [ours, theirs] = [await tried(sides[0], sent), await tried(sides[1], sent)];
  const listed = known.get(name);
  if (ours.startsWith('broken') || theirs.startsWith('broken')) fail(name, `ours ${ours}, theirs ${theirs}`);
  else if (ours === theirs && listed) fail(name, `the guide tells of a difference, but both answer ${ours}`);
  else if (ours === theirs) { same += 1; if (process.env.SHOW) console.log(`same ${name}: ${ours}`); }
  else if (!listed) fail(name, `ours ${ours}, theirs ${theirs}; no reason stands in the guide`);
  else if (listed.ours !== ours || listed.theirs !== theirs) fail(name, `ours ${ours}, theirs ${theirs}; the guide says ${listed.ours}, ${listed.theirs}`);
  else if (!listed.why) fail(name, 'the guide gives no reason');
  else explained += 1;
}
console.log(`${cases.length} bad requests: ${same} answered alike, ${explained} differences with their reason`);
console.log(`${same + explained} passed, ${failed} failed`);
process.exitCode = failed === 0 && same > 0 ? 0 : 1;
