// Makes keys, clients and secrets for one run of the differential judge. Nothing it writes is kept.
//   node facts.mjs FOLDER NAME PASSWORD
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { key } from './caller.mjs';
import { clients } from './side.mjs';

const [folder, name, password] = process.argv.slice(2);
const secret = randomBytes(32).toString('base64url');
const pairs = { web: key(), other: key() };
const keys = Object.fromEntries(Object.entries(pairs).map(([id, { jwk, secret: own }]) => [id, { jwk, d: own.export({ format: 'jwk' }).d }]));
const write = (file, value) => writeFileSync(join(folder, file), JSON.stringify(value), { mode: 0o600 });
write('clients.json', clients(pairs, secret));
write('facts.json', { keys, account: { name, password }, secrets: {}, peerSecrets: { svc: secret, 'svc-two': secret } });
