#!/usr/bin/env node
// Ends TLS in front of a city on the loopback address, as the machine in front of a real one does: bytes in, bytes out.
//   node tls-front.mjs PORT TARGET_PORT KEY_FILE CERTIFICATE_FILE
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

const [port, target, key, cert] = process.argv.slice(2);
createServer({ key: readFileSync(key), cert: readFileSync(cert), ALPNProtocols: ['http/1.1'] }, (outside) => {
  const inside = connect(Number(target), '127.0.0.1');
  outside.pipe(inside).pipe(outside);
  for (const end of [outside, inside]) end.on('error', () => { outside.destroy(); inside.destroy(); });
}).listen(Number(port), '127.0.0.1');
