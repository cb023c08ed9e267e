// A caller that repairs nothing and follows nothing by itself, the keys of its clients, and a browser without scripts.
import { createHash, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { request } from 'node:http';

const encoded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
export const s256 = (text) => createHash('sha256').update(text).digest('base64url');
export const seconds = () => Math.floor(Date.now() / 1000);
export const token = () => encoded(randomUUID() + randomUUID());

/** A pair of P-256 keys as JWK. */
export function key() {
  const { x, y, crv, kty, d } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const jwk = { crv, kty, x, y };
  return { jwk, jkt: s256(JSON.stringify(jwk)), secret: createPrivateKey({ key: { ...jwk, d }, format: 'jwk' }) };
}

/** A compact ES256 token; the signature is Node's own. */
export function signed(pair, header, claims) {
  const text = `${encoded({ alg: 'ES256', ...header })}.${encoded(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: pair.secret, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** One request; `form` is a list of pairs or an object, `jar` a Map of cookies. */
export function send(method, address, { form, body, headers = {}, jar } = {}) {
  const sent = { accept: jar ? 'text/html' : 'application/json', ...headers };
  if (form) {
    body = new URLSearchParams(Array.isArray(form) ? form : Object.entries(form).filter(([, value]) => value !== undefined)).toString();
    sent['content-type'] ??= 'application/x-www-form-urlencoded';
  }
  if (body !== undefined) sent['content-length'] = Buffer.byteLength(body);
  if (jar?.size) sent.cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  return new Promise((good, bad) => {
    const asked = request(address, { method, headers: sent, timeout: 20_000 }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        for (const line of jar ? answer.headers['set-cookie'] ?? [] : []) keep(jar, line);
        let json;
        try { json = JSON.parse(text); } catch { /* a page */ }
        good({ status: answer.statusCode, headers: answer.headers, text, json, address: String(address) });
      });
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', bad);
    asked.end(body);
  });
}

function keep(jar, line) {
  const [pair, ...rest] = line.split(';');
  const at = pair.indexOf('=');
  const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  const ends = rest.map((part) => /^\s*expires=(.*)$/i.exec(part)?.[1]).find(Boolean);
  if (value === '' || (ends && Date.parse(ends) < Date.now())) jar.delete(name);
  else jar.set(name, value);
}

const attribute = (tag, name) => new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1].replaceAll('&#38;', '&').replaceAll('&amp;', '&');

/** The form of a page that leads on: the one that asks for a password, else the one that asks for consent, else the first. */
function formOf(page) {
  const forms = [...page.text.matchAll(/<form\b[\s\S]*?<\/form>/gi)].map((found) => found[0])
    .filter((form) => /^<form[^>]*method="post"/i.test(form));
  return forms.find((form) => /type="password"/i.test(form)) ?? forms.find((form) => /name="dong_y"/.test(form)) ?? forms[0];
}

/** Follows redirects and answers forms until `stop(address)` or a page without a way on; answers the last address and page. */
export async function walk(address, jar, account, stop) {
  let page = await send('GET', address, { jar });
  for (let step = 0; step < 20; step += 1) {
    if (page.status >= 300 && page.status < 400) {
      const next = new URL(page.headers.location, page.address);
      if (stop(next)) return { address: next, page };
      page = await send('GET', next, { jar });
      continue;
    }
    const form = page.status === 200 ? formOf(page) : undefined;
    if (!form) return { address: new URL(page.address), page };
    const fields = [...form.matchAll(/<(?:input|button)\b[^>]*>/gi)].flatMap(([tag]) => {
      const [name, kind] = [attribute(tag, 'name'), attribute(tag, 'type') ?? 'text'];
      if (!name || name === 'tu_choi') return [];
      if (kind === 'password') return [[name, account.password]];
      return kind === 'text' ? [[name, account.name]] : [[name, attribute(tag, 'value') ?? '']];
    });
    const own = new URL(page.address);
    const origin = page.headers['referrer-policy'] === 'no-referrer' ? 'null' : own.origin;
    page = await send('POST', new URL(attribute(form, 'action') ?? '', own), { form: fields, jar, headers: { origin, 'sec-fetch-site': 'same-origin' } });
  }
  throw new Error(`the pages of ${address} lead nowhere`);
}
