// The OpenID Connect provider of the tests: node op.mjs FOLDER/config.json
// People are read from people.json beside it at each login, so that a test can take a role away.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Provider from 'oidc-provider';

const file = process.argv[2];
const config = JSON.parse(readFileSync(file, 'utf8'));
const issuer = `http://127.0.0.1:${config.port}`;
const person = (id) => JSON.parse(readFileSync(join(dirname(file), 'people.json'), 'utf8'))[id] ?? {};
const provider = new Provider(issuer, {
  clients: config.clients,
  jwks: config.jwks,
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'locale', 'groups'] },
  conformIdTokenClaims: config.claims_in_userinfo,
  clientBasedCORS: () => false,
  cookies: { keys: ['the key of a test'] },
  fetch: (url, { dispatcher, ...rest }) => fetch(url, rest), // its guard refuses the loopback, where the platform is
  pkce: { required: () => true },
  features: { backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  ttl: { Session: 3600, Interaction: 600, Grant: 3600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
  async findAccount(ctx, id) {
    return { accountId: id, async claims() { return { sub: id, preferred_username: id, ...person(id) }; } };
  },
});
provider.on('server_error', (ctx, error) => console.error(error));
provider.on('backchannel.error', (ctx, error) => console.error(error));
provider.listen(config.port, '127.0.0.1', () => console.log('ready'));
