// The peer: npm oidc-provider with everything in memory, on loopback, for measuring and for telling differences.
//   node provider.mjs CLIENTS_FILE
// Prints its address once it listens and ends with its standard input. Never expose it: anybody may sign in.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider, errors } from 'oidc-provider';

/** The two resources that ask for tokens of the peer, one for each form of token. */
const RESOURCES = { 'urn:haidang:api:test': 'jwt', 'urn:haidang:api:test-opaque': 'opaque' };

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const jwks = { keys: [{ ...key, use: 'sig', alg: 'ES256', kid: 'peer' }] };
const clients = JSON.parse(readFileSync(process.argv[2], 'utf8')).map((client) => ({ ...client, id_token_signed_response_alg: 'ES256' }));

// As strict as it can be told to be: what then still differs is a decision of ours or of theirs.
const settings = {
  allowOmittingSingleRegisteredRedirectUri: false,
  clientAuthMethods: ['client_secret_basic', 'private_key_jwt', 'none'],
  clients,
  cookies: { long: { sameSite: 'none' } },
  enableHttpPostMethods: true,
  responseTypes: ['code'],
  jwks,
  scopes: ['openid', 'profile', 'api:read'],
  claims: { openid: ['sub'], profile: ['name'] },
  pkce: { required: () => true },
  async findAccount(_, id) {
    return { accountId: id, async claims() { return { sub: id, name: id }; } };
  },
  async issueRefreshToken(_, client) { return client.grantTypeAllowed('refresh_token'); },
  features: {
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    fapi: { enabled: true, profile: (_, client) => (client.clientAuthMethod === 'private_key_jwt' ? '2.0' : undefined) },
    introspection: { enabled: true, allowedPolicy: async (_, client, token) => token.clientId === client.clientId },
    pushedAuthorizationRequests: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo(_, name) {
        if (!RESOURCES[name]) throw new errors.InvalidTarget();
        const sign = RESOURCES[name] === 'jwt' ? { jwt: { sign: { alg: 'ES256' } } } : {};
        return { scope: 'api:read', audience: name, accessTokenTTL: 600, accessTokenFormat: RESOURCES[name], ...sign };
      },
    },
    revocation: { enabled: true },
  },
  ttl: {
    AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 600, Grant: 28800, IdToken: 900, Interaction: 600,
    RefreshToken: 28800, Session: 28800,
  },
};

let answer;
const server = createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  answer = new Provider(issuer, settings).callback();
  console.log(JSON.stringify({ issuer }));
});
process.stdin.resume().on('end', () => process.exit(0));
