import { nkeys } from 'nats';

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** A user that a server knows by JWTs, as `nsc` creates them. */
export interface UserOfAccount {
  /** Settings of the server. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Content of the user's credentials file. */
  readonly credentials: string;
  /** The secret in these credentials. */
  readonly seed: string;
}

/** Creates an operator, an account and a user without limits. */
export function userOfAccount(): UserOfAccount {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
  const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const accountJwt = jwt(operator, { name: 'A', sub: account.getPublicKey(), nats: { type: 'account', version: 2, limits: unlimited } });
  const userJwt = jwt(account, {
    name: 'U',
    sub: user.getPublicKey(),
    nats: { type: 'user', version: 2, subs: -1, data: -1, payload: -1 },
  });
  const operatorJwt = jwt(operator, { name: 'O', sub: operator.getPublicKey(), nats: { type: 'operator', version: 2 } });
  const seed = new TextDecoder().decode(user.getSeed());
  const credentials = `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
  const settings = { operator: operatorJwt, resolver: 'MEMORY', resolver_preload: { [account.getPublicKey()]: accountJwt } };
  return { settings, credentials, seed };
}

/** A JWT in the format of NATS, signed by an NKey. */
function jwt(issuer: KeyPair, claims: { readonly name: string; readonly sub: string; readonly nats: Record<string, unknown> }): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ jti: claims.name, iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey(), ...claims })}`;
  return `${body}.${Buffer.from(issuer.sign(new TextEncoder().encode(body))).toString('base64url')}`;
}
