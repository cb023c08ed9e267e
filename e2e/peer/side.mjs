// One provider as a case meets it: its endpoints, its clients, and people who sign in.
import { key, s256, seconds, send, signed, token, walk } from './caller.mjs';

export const REDIRECT = 'https://rp.example.test/cb';
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What is registered at both sides. Secrets of `svc` and `old` are each side's own. */
export function clients(keys, secret) {
  const keyed = (id, pair) => ({
    client_id: id, client_name: id, redirect_uris: [REDIRECT], response_types: ['code'],
    post_logout_redirect_uris: [`${REDIRECT}/out`], grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [{ ...pair.jwk, kid: id, alg: 'ES256', use: 'sig' }] },
    require_pushed_authorization_requests: true, dpop_bound_access_tokens: true, scope: 'openid profile api:read',
  });
  const open = (id) => ({
    client_id: id, client_name: id, redirect_uris: [REDIRECT], response_types: ['code'], token_endpoint_auth_method: 'none',
    post_logout_redirect_uris: [`${REDIRECT}/out`], grant_types: ['authorization_code', 'refresh_token'], scope: 'openid profile',
  });
  const machine = (id) => ({
    client_id: id, client_name: id, client_secret: secret, redirect_uris: [], response_types: [],
    grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic', scope: 'api:read',
  });
  return [keyed('web', keys.web), keyed('other', keys.other), open('public'), open('public-two'), machine('svc'), machine('svc-two')];
}

export class Side {
  constructor(name, issuer, keys, secrets, account) {
    Object.assign(this, { name, issuer, keys, secrets, account, proofKey: key(), nonce: undefined });
  }

  async open() {
    this.metadata = (await send('GET', `${this.issuer}/.well-known/openid-configuration`)).json;
    return this;
  }

  at(endpoint) { return this.metadata[endpoint]; }

  // ---- clients

  basic(client = 'svc', secret = this.secrets[client]) {
    return { authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}` };
  }

  assertion(client, changes = {}, pair = this.keys[client]) {
    const now = seconds();
    const claims = { iss: client, sub: client, aud: this.issuer, jti: token(), iat: now, exp: now + 60, ...changes };
    return { client_id: client, client_assertion_type: ASSERTION, client_assertion: signed(pair, { kid: client }, claims) };
  }

  proof(endpoint, { method = 'POST', pair = this.proofKey, access, claims = {}, header = {} } = {}) {
    const bound = access ? { ath: s256(access) } : {};
    const words = { jti: token(), htm: method, htu: this.at(endpoint) ?? endpoint, iat: seconds(), nonce: this.nonce, ...bound, ...claims };
    return { dpop: signed(pair, { typ: 'dpop+jwt', jwk: pair.jwk, ...header }, words) };
  }

  // ---- requests

  get(endpoint, query = {}, options = {}) {
    const address = new URL(this.at(endpoint));
    address.search = new URLSearchParams(Array.isArray(query) ? query : Object.entries(query).filter(([, value]) => value !== undefined)).toString();
    // Where people are sent, a browser asks.
    const asks = ['authorization_endpoint', 'end_session_endpoint'].includes(endpoint) ? { jar: new Map() } : {};
    return send('GET', address, { ...asks, ...options });
  }

  async post(endpoint, form, headers = {}) {
    const got = await send('POST', this.at(endpoint), { form, headers });
    this.nonce = got.headers['dpop-nonce'] ?? this.nonce;
    return got;
  }

  /** As a client with a key asks: assertion and proof. Asked again once when a nonce is wanted. */
  async keyed(endpoint, form, { client = 'web', proof = {} } = {}) {
    const ask = () => this.post(endpoint, { ...form, ...this.assertion(client) }, this.proof(endpoint, proof));
    const got = await ask();
    return got.json?.error === 'use_dpop_nonce' ? ask() : got;
  }

  asked(changes = {}) {
    return {
      client_id: 'public', response_type: 'code', redirect_uri: REDIRECT, scope: 'openid', state: 'a state', nonce: 'a nonce',
      code_challenge: CHALLENGE, code_challenge_method: 'S256', ...changes,
    };
  }

  authorize(changes) { return this.get('authorization_endpoint', this.asked(changes)); }

  push(changes = {}) {
    const { client_id, ...rest } = this.asked(changes);
    return this.keyed('pushed_authorization_request_endpoint', rest);
  }

  // ---- people

  /** Signs somebody in at a client and answers the code with its verifier. */
  async code(client = 'public', scope = 'openid') {
    const verifier = token();
    const asked = this.asked({ client_id: client, scope, code_challenge: s256(verifier), prompt: 'consent' });
    let query = asked;
    if (this.keys[client]) {
      const { client_id, ...rest } = asked;
      const pushed = await this.keyed('pushed_authorization_request_endpoint', rest, { client });
      query = { client_id: client, request_uri: pushed.json.request_uri };
    }
    const address = new URL(this.at('authorization_endpoint'));
    address.search = new URLSearchParams(query).toString();
    const end = await walk(address, new Map(), this.account, (next) => String(next).startsWith(REDIRECT));
    const code = end.address.searchParams.get('code');
    if (!code) throw new Error(`${this.name}: no code: ${end.address} ${end.page.status}`);
    return { grant_type: 'authorization_code', client_id: client, redirect_uri: REDIRECT, code, code_verifier: verifier };
  }

  /** Tokens of a person at the public client, or at a client with a key. */
  async tokens(client = 'public', scope = 'openid') {
    const { client_id, ...form } = await this.code(client, scope);
    const got = this.keys[client] ? await this.keyed('token_endpoint', form, { client }) : await this.post('token_endpoint', { client_id, ...form });
    if (got.status !== 200) throw new Error(`${this.name}: no tokens: ${got.status} ${got.text.slice(0, 200)}`);
    return got.json;
  }

  /** A token of a machine. */
  async machine(client = 'svc') {
    const form = { grant_type: 'client_credentials', scope: 'api:read', resource: 'urn:haidang:api:test' };
    const got = await this.post('token_endpoint', form, this.basic(client));
    return got.json.access_token;
  }
}

/** What an answer comes to: status and code, wherever the code is said. */
export function outcome(got) {
  const { status, headers, json } = got;
  if (status >= 300 && status < 400) {
    const target = new URL(headers.location, got.address);
    if (!String(target).startsWith(REDIRECT)) return `${status} to the person`;
    const said = new URLSearchParams(target.search || target.hash.slice(1));
    return `${status} ${said.get('error') ?? 'answered'}`;
  }
  const said = json?.error ?? /error="([^"]+)"/.exec(headers['www-authenticate'] ?? '')?.[1];
  if (said) return `${status} ${said}`;
  if (/html/.test(headers['content-type'] ?? '')) return `${status} page`;
  if (json && 'active' in json) return `${status} ${json.active ? 'active' : 'inactive'}`;
  return String(status);
}
