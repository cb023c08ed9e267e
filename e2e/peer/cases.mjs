// Bad requests, each sent in the same words to both sides: name, what it is, how it is sent.
import { REDIRECT } from './side.mjs';
import { key, s256, seconds, send } from './caller.mjs';

const AUTHORIZE = 'authorization_endpoint', PAR = 'pushed_authorization_request_endpoint', TOKEN = 'token_endpoint';
const INTROSPECT = 'introspection_endpoint', REVOKE = 'revocation_endpoint', USERINFO = 'userinfo_endpoint', LOGOUT = 'end_session_endpoint';
const MACHINE = { grant_type: 'client_credentials', scope: 'api:read', resource: 'urn:haidang:api:test' };

/** Cases at the authorization endpoint that change one parameter. */
const ASKED = {
  'authorize-unknown-client': { client_id: 'nobody' },
  'authorize-no-client': { client_id: undefined },
  'authorize-unknown-redirect': { redirect_uri: 'https://evil.example.test/cb' },
  'authorize-no-redirect': { redirect_uri: undefined },
  'authorize-redirect-with-query': { redirect_uri: `${REDIRECT}?more=1` },
  'authorize-redirect-with-slash': { redirect_uri: `${REDIRECT}/` },
  'authorize-no-response-type': { response_type: undefined },
  'authorize-response-type-token': { response_type: 'token' },
  'authorize-response-type-id-token': { response_type: 'id_token' },
  'authorize-response-type-hybrid': { response_type: 'code id_token' },
  'authorize-response-type-unknown': { response_type: 'banana' },
  'authorize-no-challenge': { code_challenge: undefined },
  'authorize-challenge-plain': { code_challenge_method: 'plain' },
  'authorize-challenge-no-method': { code_challenge_method: undefined },
  'authorize-challenge-short': { code_challenge: 'short' },
  'authorize-no-scope': { scope: undefined },
  'authorize-foreign-scope': { scope: 'openid api:read' },
  'authorize-unknown-scope': { scope: 'openid banana' },
  'authorize-prompt-none': { prompt: 'none' },
  'authorize-prompt-none-login': { prompt: 'none login' },
  'authorize-prompt-unknown': { prompt: 'banana' },
  'authorize-max-age-negative': { max_age: '-1' },
  'authorize-max-age-word': { max_age: 'banana' },
  'authorize-request-object': { request: 'e30.e30.' },
  'authorize-registration': { registration: '{}' },
  'authorize-response-mode-unknown': { response_mode: 'banana' },
  'authorize-response-mode-fragment': { response_mode: 'fragment' },
  'authorize-hint-garbage': { id_token_hint: 'banana' },
  'authorize-claims-no-json': { claims: 'banana' },
  'authorize-claims-list': { claims: '[]' },
  'authorize-unknown-resource': { resource: 'urn:example:nothing' },
  'authorize-request-uri-unknown': { request_uri: 'urn:ietf:params:oauth:request_uri:unknown' },
  'authorize-request-uri-https': { request_uri: 'https://rp.example.test/request' },
  'authorize-not-pushed': { client_id: 'web' },
  'authorize-client-without-grant': { client_id: 'svc' },
};

/** Cases at the pushed request endpoint that change one parameter. */
const PUSHED = {
  'par-request-uri-inside': { request_uri: 'urn:ietf:params:oauth:request_uri:unknown' },
  'par-unknown-redirect': { redirect_uri: 'https://evil.example.test/cb' },
  'par-no-redirect': { redirect_uri: undefined },
  'par-no-challenge': { code_challenge: undefined },
  'par-challenge-plain': { code_challenge_method: 'plain' },
  'par-response-type-token': { response_type: 'token' },
  'par-no-response-type': { response_type: undefined },
  'par-unknown-scope': { scope: 'openid banana' },
  'par-unknown-resource': { resource: 'urn:example:nothing' },
  'par-prompt-none-login': { prompt: 'none login' },
  'par-dpop-jkt-of-another-key': { dpop_jkt: s256('another key') },
};

/** Assertions that must not pass: what is changed of a good one. */
const ASSERTIONS = {
  'assertion-of-another-audience': () => ({ aud: 'https://elsewhere.example.test' }),
  'assertion-over': () => ({ iat: seconds() - 300, exp: seconds() - 120 }),
  'assertion-without-jti': () => ({ jti: undefined }),
  'assertion-without-exp': () => ({ exp: undefined }),
  'assertion-of-another-issuer': () => ({ iss: 'other' }),
  'assertion-from-the-future': () => ({ nbf: seconds() + 300, iat: seconds() + 300, exp: seconds() + 360 }),
  'assertion-audience-list': (side) => ({ aud: [side.issuer] }),
  'assertion-audience-endpoint': (side) => ({ aud: side.at(TOKEN) }),
};

/** Proofs that must not pass, at the token endpoint. */
const PROOFS = {
  'proof-other-type': { header: { typ: 'jwt' } },
  'proof-without-key': { header: { jwk: undefined } },
  'proof-other-method': { claims: { htm: 'GET' } },
  'proof-other-address': { claims: { htu: 'https://elsewhere.example.test/token' } },
  'proof-old': { claims: { iat: seconds() - 3600 } },
  'proof-from-the-future': { claims: { iat: seconds() + 3600 } },
  'proof-without-jti': { claims: { jti: undefined } },
  'proof-without-iat': { claims: { iat: undefined } },
};

const simple = [
  ['discovery-post', (side) => send('POST', `${side.issuer}/.well-known/openid-configuration`, { form: {} })],
  ['jwks-post', (side) => send('POST', side.at('jwks_uri'), { form: {} })],
  ['authorize-delete', (side) => send('DELETE', side.at(AUTHORIZE))],
  ['authorize-state-twice', (side) => side.get(AUTHORIZE, [...Object.entries(side.asked()), ['state', 'another']])],
  ['authorize-post-no-challenge', (side) => side.post(AUTHORIZE, side.asked({ code_challenge: undefined }))],
  ['authorize-pushed-by-another', async (side) => {
    const pushed = await side.push();
    return side.get(AUTHORIZE, { client_id: 'other', request_uri: pushed.json.request_uri });
  }],
  ['par-no-client', (side) => side.post(PAR, side.asked({ client_id: undefined }))],
  ['par-unknown-client', (side) => side.post(PAR, side.asked({ client_id: 'nobody' }))],
  ['par-get', (side) => side.get(PAR)],
  ['par-json', (side) => send('POST', side.at(PAR), { body: '{}', headers: { 'content-type': 'application/json' } })],
  ['par-state-twice', (side) => side.post(PAR, [...Object.entries({ ...side.asked({ client_id: 'web' }), ...side.assertion('web') }), ['state', 'another']])],
  ['assertion-of-a-foreign-key', (side) => side.post(PAR, { ...side.asked(), ...side.assertion('web', {}, key()) })],
  ['assertion-twice', async (side) => {
    const form = { ...side.asked(), ...side.assertion('web') };
    await side.post(PAR, form);
    return side.post(PAR, form);
  }],
  ['token-no-grant', (side) => side.post(TOKEN, {}, side.basic())],
  ['token-grant-password', (side) => side.post(TOKEN, { grant_type: 'password', username: 'a', password: 'b' }, side.basic())],
  ['token-no-client', (side) => side.post(TOKEN, MACHINE)],
  ['token-unknown-client', (side) => side.post(TOKEN, MACHINE, side.basic('nobody', 'a'.repeat(43)))],
  ['token-wrong-secret', (side) => side.post(TOKEN, MACHINE, side.basic('svc', 'a'.repeat(43)))],
  ['token-secret-in-body', (side) => side.post(TOKEN, { ...MACHINE, client_id: 'svc', client_secret: side.secrets.svc })],
  ['token-two-proofs-of-client', (side) => side.post(TOKEN, { ...MACHINE, ...side.assertion('web') }, side.basic())],
  ['token-basic-unreadable', (side) => side.post(TOKEN, MACHINE, { authorization: 'Basic !!!' })],
  ['token-no-secret-of-confidential', (side) => side.post(TOKEN, { ...MACHINE, client_id: 'svc' })],
  ['token-grant-not-registered', (side) => side.post(TOKEN, { grant_type: 'authorization_code', code: 'a' }, side.basic())],
  ['token-public-for-itself', (side) => side.post(TOKEN, { ...MACHINE, client_id: 'public' })],
  ['token-unknown-scope', (side) => side.post(TOKEN, { ...MACHINE, scope: 'banana' }, side.basic())],
  ['token-scope-of-people', (side) => side.post(TOKEN, { ...MACHINE, scope: 'openid' }, side.basic())],
  ['token-unknown-resource', (side) => side.post(TOKEN, { ...MACHINE, resource: 'urn:example:nothing' }, side.basic())],
  ['token-grant-twice', (side) => side.post(TOKEN, [...Object.entries(MACHINE), ['grant_type', 'client_credentials']], side.basic())],
  ['token-json', (side) => send('POST', side.at(TOKEN), { body: JSON.stringify(MACHINE), headers: { 'content-type': 'application/json', ...side.basic() } })],
  ['token-get', (side) => side.get(TOKEN, MACHINE, { headers: side.basic() })],
  ['code-missing', (side) => side.post(TOKEN, { grant_type: 'authorization_code', client_id: 'public', redirect_uri: REDIRECT })],
  ['code-unknown', (side) => side.post(TOKEN, { grant_type: 'authorization_code', client_id: 'public', redirect_uri: REDIRECT, code: 'unknown', code_verifier: 'a'.repeat(43) })],
  ['code-without-verifier', async (side) => side.post(TOKEN, { ...await side.code(), code_verifier: undefined })],
  ['code-wrong-verifier', async (side) => side.post(TOKEN, { ...await side.code(), code_verifier: 'a'.repeat(43) })],
  ['code-other-redirect', async (side) => side.post(TOKEN, { ...await side.code(), redirect_uri: `${REDIRECT}/other` })],
  ['code-without-redirect', async (side) => side.post(TOKEN, { ...await side.code(), redirect_uri: undefined })],
  ['code-of-another-client', async (side) => side.post(TOKEN, { ...await side.code(), client_id: 'public-two' })],
  ['code-twice', async (side) => {
    const form = await side.code();
    await side.post(TOKEN, form);
    return side.post(TOKEN, form);
  }],
  ['code-twice-ends-its-token', async (side) => {
    const form = await side.code();
    const { json } = await side.post(TOKEN, form);
    await side.post(TOKEN, form);
    return side.get(USERINFO, {}, { headers: { authorization: `Bearer ${json.access_token}` } });
  }],
  ['proof-missing', (side) => side.post(TOKEN, { ...MACHINE, ...side.assertion('web') })],
  ['proof-garbage', (side) => side.post(TOKEN, { ...MACHINE, ...side.assertion('web') }, { dpop: 'banana' })],
  ['proof-without-nonce', (side) => side.post(TOKEN, { ...MACHINE, ...side.assertion('web') }, side.proof(TOKEN, { claims: { nonce: undefined } }))],
  ['proof-twice', async (side) => {
    await side.keyed(TOKEN, MACHINE);
    const proof = side.proof(TOKEN);
    await side.post(TOKEN, { ...MACHINE, ...side.assertion('web') }, proof);
    return side.post(TOKEN, { ...MACHINE, ...side.assertion('web') }, proof);
  }],
  ['refresh-missing', (side) => side.post(TOKEN, { grant_type: 'refresh_token', client_id: 'public' })],
  ['refresh-unknown', (side) => side.post(TOKEN, { grant_type: 'refresh_token', client_id: 'public', refresh_token: 'unknown' })],
  ['refresh-of-another-client', async (side) => side.post(TOKEN, { grant_type: 'refresh_token', client_id: 'public-two', refresh_token: (await side.tokens()).refresh_token })],
  ['refresh-wider', async (side) => side.post(TOKEN, { grant_type: 'refresh_token', client_id: 'public', refresh_token: (await side.tokens()).refresh_token, scope: 'openid profile' })],
  ['refresh-twice', async (side) => {
    const form = { grant_type: 'refresh_token', client_id: 'public', refresh_token: (await side.tokens()).refresh_token };
    await side.post(TOKEN, form);
    return side.post(TOKEN, form);
  }],
  ['introspect-no-client', (side) => side.post(INTROSPECT, { token: 'unknown' })],
  ['introspect-no-token', (side) => side.post(INTROSPECT, {}, side.basic())],
  ['introspect-unknown', (side) => side.post(INTROSPECT, { token: 'unknown' }, side.basic())],
  ['introspect-wrong-secret', (side) => side.post(INTROSPECT, { token: 'unknown' }, side.basic('svc', 'a'.repeat(43)))],
  ['introspect-public', (side) => side.post(INTROSPECT, { token: 'unknown', client_id: 'public' })],
  ['introspect-of-another-client', async (side) => side.post(INTROSPECT, { token: (await side.tokens()).access_token }, side.basic())],
  ['introspect-revoked', async (side) => {
    const form = { grant_type: 'client_credentials', scope: 'api:read', resource: 'urn:haidang:api:test-opaque' };
    const { json } = await side.post(TOKEN, form, side.basic());
    await side.post(REVOKE, { token: json.access_token }, side.basic());
    return side.post(INTROSPECT, { token: json.access_token }, side.basic());
  }],
  ['introspect-get', (side) => side.get(INTROSPECT, { token: 'unknown' }, { headers: side.basic() })],
  ['revoke-no-client', (side) => side.post(REVOKE, { token: 'unknown' })],
  ['revoke-no-token', (side) => side.post(REVOKE, {}, side.basic())],
  ['revoke-unknown', (side) => side.post(REVOKE, { token: 'unknown' }, side.basic())],
  ['revoke-wrong-secret', (side) => side.post(REVOKE, { token: 'unknown' }, side.basic('svc', 'a'.repeat(43)))],
  ['revoke-of-another-client', async (side) => side.post(REVOKE, { token: (await side.tokens()).refresh_token, client_id: 'public-two' })],
  ['revoke-unknown-hint', (side) => side.post(REVOKE, { token: 'unknown', token_type_hint: 'banana' }, side.basic())],
  ['userinfo-no-token', (side) => side.get(USERINFO)],
  ['userinfo-unknown', (side) => side.get(USERINFO, {}, { headers: { authorization: 'Bearer unknown' } })],
  ['userinfo-in-address', async (side) => side.get(USERINFO, { access_token: (await side.tokens()).access_token })],
  ['userinfo-two-tokens', async (side) => {
    const { access_token } = await side.tokens();
    return side.post(USERINFO, { access_token }, { authorization: `Bearer ${access_token}` });
  }],
  ['userinfo-other-scheme', (side) => side.get(USERINFO, {}, { headers: side.basic() })],
  ['userinfo-of-a-machine', async (side) => side.get(USERINFO, {}, { headers: { authorization: `Bearer ${await side.machine()}` } })],
  ['userinfo-bound-as-bearer', async (side) => side.get(USERINFO, {}, { headers: { authorization: `Bearer ${(await side.tokens('web')).access_token}` } })],
  ['userinfo-proof-of-another-key', async (side) => {
    const { access_token: access } = await side.tokens('web');
    return side.get(USERINFO, {}, { headers: { authorization: `DPoP ${access}`, ...side.proof(USERINFO, { method: 'GET', access, pair: key() }) } });
  }],
  ['userinfo-proof-of-another-token', async (side) => {
    const { access_token: access } = await side.tokens('web');
    return side.get(USERINFO, {}, { headers: { authorization: `DPoP ${access}`, ...side.proof(USERINFO, { method: 'GET', access: 'another' }) } });
  }],
  ['userinfo-without-proof', async (side) => side.get(USERINFO, {}, { headers: { authorization: `DPoP ${(await side.tokens('web')).access_token}` } })],
  ['logout-hint-garbage', (side) => side.get(LOGOUT, { id_token_hint: 'banana' })],
  ['logout-unknown-redirect', (side) => side.get(LOGOUT, { client_id: 'public', post_logout_redirect_uri: 'https://evil.example.test/' })],
];

const each = (table, make) => Object.entries(table).map(([name, change]) => [name, make(change)]);

export const cases = [
  ...each(ASKED, (change) => (side) => side.authorize(change)),
  ...each(PUSHED, (change) => (side) => side.push(change)),
  ...each(ASSERTIONS, (change) => (side) => side.post(PAR, { ...side.asked(), ...side.assertion('web', change(side)) }, side.proof(PAR))),
  ...each(PROOFS, (change) => (side) => side.post(TOKEN, { ...MACHINE, ...side.assertion('web') }, side.proof(TOKEN, change))),
  ...simple,
];
