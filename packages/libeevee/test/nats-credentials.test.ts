import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { certificateAuthority, type NatsServer, ServerFolder, startNatsServer } from '@eeveebot/testing';
import { nkeys } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EeveeError, type NatsClientOptions, NatsClient, createNatsConnection, log } from '../src/index.ts';
import { userOfAccount } from './nats-jwts.ts';
import { SniffingProxy } from './sniffing-proxy.ts';

// Retries without delay: the test checks what happens, not how long the waits are.
vi.mock('../src/nats/retry.ts', () => ({ retryDelayMs: () => 10 }));

const SECRET = 's3cret-that-must-not-leak';

let folder: ServerFolder;
let clients: NatsClient[];
let logged: unknown[];
const stops: AsyncDisposable[] = [];

const file = (name: string, content: string): string => {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
};

async function server(settings: Readonly<Record<string, unknown>>, token?: string): Promise<NatsServer> {
  const started = await startNatsServer({ settings, ...(token === undefined ? {} : { token }) });
  stops.push(started);
  return started;
}

beforeAll(() => {
  folder = new ServerFolder('nats-credentials');
});
afterAll(() => folder.remove());

beforeEach(() => {
  clients = [];
  logged = [];
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    vi.spyOn(log, level).mockImplementation((...line) => void logged.push(line));
  }
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const client of clients) await client.close();
  for (const each of stops.splice(0)) await each[Symbol.asyncDispose]();
});

/** The error of the first attempt, or the connected client. */
async function attempt(options: NatsClientOptions): Promise<NatsClient | EeveeError> {
  const client = new NatsClient(options);
  clients.push(client);
  const giveUp = new AbortController();
  vi.spyOn(log, 'warn').mockImplementation((...line) => {
    logged.push(line);
    giveUp.abort();
  });
  try {
    await client.connect({ signal: giveUp.signal });
    return client;
  } catch (error) {
    return error as EeveeError;
  }
}

async function expectConnected(options: NatsClientOptions): Promise<void> {
  const client = await attempt(options);
  if (!(client instanceof NatsClient)) throw new Error('not connected', { cause: inspect([client, logged], { depth: 6 }) });
  expect(await client.publish('hello', 'there')).toBe(true);
}

const code = async (options: NatsClientOptions): Promise<unknown> => Reflect.get(await attempt(options), 'code');

/** Expects the secret in no log line and no error. */
function expectNothingShown(...errors: unknown[]): void {
  expect(inspect([logged, errors], { depth: 12, showHidden: true })).not.toContain(SECRET);
}

describe('a scheme', () => {
  it.each(['ws', 'wss', 'http', 'https'])('%s:// is rejected, and nothing is sent', async (scheme) => {
    const nats = await server({}, SECRET);
    await using proxy = await SniffingProxy.start(nats.port);
    const natsHost = `${scheme}://${proxy.host}`;
    const error = await attempt({ natsHost, natsToken: SECRET });
    expect(error).toMatchObject({ code: 'EEVEE_NATS_HOST_INVALID', message: expect.stringContaining(natsHost) });
    vi.stubEnv('NATS_HOST', natsHost);
    vi.stubEnv('NATS_TOKEN', SECRET);
    await expect(createNatsConnection()).rejects.toMatchObject({ code: 'EEVEE_NATS_HOST_INVALID' });
    expect(proxy.connections).toBe(0);
    expectNothingShown(error);
  });
});

describe('tls://', async () => {
  const authority = await certificateAuthority('private');
  const identity = await authority.issue({ commonName: 'nats', hosts: ['127.0.0.1'] });
  const tls = (): Record<string, string> => ({ cert_file: file('tls.crt', identity.certificate), key_file: file('tls.key', identity.key) });

  it('sends no token to a server without TLS', async () => {
    const nats = await server({}, SECRET);
    await using proxy = await SniffingProxy.start(nats.port);
    expect(await code({ natsHost: `tls://${proxy.host}`, natsToken: SECRET })).toBe('EEVEE_NATS_CLOSED');
    expect(await code({ natsHost: proxy.host, ca: authority.certificate, natsToken: SECRET })).toBe('EEVEE_NATS_CLOSED');
    expect(proxy.connections).toBe(2);
    expect(proxy.sniffed.toString('latin1')).not.toContain(SECRET);
    // The proxy does see what is sent in clear text.
    await expectConnected({ natsHost: proxy.host, natsToken: SECRET });
    expect(proxy.sniffed.toString('latin1')).toContain(SECRET);
  });

  it('sends no token in clear text, even if a man in the middle denies TLS', async () => {
    const nats = await server({ tls: tls() }, SECRET);
    await using honest = await SniffingProxy.start(nats.port);
    await using dishonest = await SniffingProxy.start(nats.port, (greeting) =>
      greeting.replaceAll(/"tls_(?:required|available|verify)":true,?/g, ''),
    );
    await expectConnected({ natsHost: `tls://${honest.host}`, natsToken: SECRET, ca: authority.certificate });
    expect(await code({ natsHost: `tls://${dishonest.host}`, natsToken: SECRET, ca: authority.certificate })).toBe('EEVEE_NATS_CLOSED');
    expect(dishonest.connections).toBe(1);
    for (const { sniffed } of [honest, dishonest]) expect(sniffed.toString('latin1')).not.toContain(SECRET);
  });

  it('accepts CA certificates as text in NATS_CA', async () => {
    const nats = await server({ tls: tls() }, SECRET);
    vi.stubEnv('NATS_HOST', `tls://${nats.host}`);
    vi.stubEnv('NATS_TOKEN', SECRET);
    vi.stubEnv('NATS_CA', authority.certificate);
    const client = await createNatsConnection();
    clients.push(client);
    expect(client.isClosed()).toBe(false);
  });

  it('presents a client certificate if the server requests one, and then needs no token', async () => {
    const own = await authority.issue({ commonName: 'module' });
    const [certFile, keyFile] = [file('own.crt', own.certificate), file('own.key', own.key)];
    const nats = await server({ tls: { ...tls(), ca_file: file('ca.crt', authority.certificate), verify: true } });
    const natsHost = `tls://${nats.host}`;
    await expectConnected({ natsHost, ca: authority.certificate, certFile, keyFile });
    expect(await code({ natsHost, ca: authority.certificate })).toBe('EEVEE_NATS_CLOSED');
    vi.stubEnv('NATS_HOST', natsHost);
    vi.stubEnv('NATS_TOKEN', '');
    vi.stubEnv('NATS_CA_FILE', file('ca.crt', authority.certificate));
    vi.stubEnv('NATS_CERT_FILE', certFile);
    await expect(createNatsConnection()).rejects.toMatchObject({
      code: 'EEVEE_MISSING_ENVIRONMENT',
      message: expect.stringContaining('NATS_KEY_FILE'),
    });
    vi.stubEnv('NATS_KEY_FILE', keyFile);
    clients.push(await createNatsConnection());
  });
});

describe('a user and a password', () => {
  const authorization = { users: [{ user: 'fox', password: SECRET }] };

  it('are accepted from options, the environment or the host, and are not shown', async () => {
    const nats = await server({ authorization });
    await expectConnected({ natsHost: nats.host, user: 'fox', password: () => SECRET });
    const natsHost = `nats://fox:${SECRET}@${nats.host}`;
    await expectConnected({ natsHost });
    expect(clients.at(-1)?.natsHost).toBe(`nats://${nats.host}`);
    vi.stubEnv('NATS_HOST', natsHost);
    vi.stubEnv('NATS_TOKEN', '');
    clients.push(await createNatsConnection());
    vi.stubEnv('NATS_HOST', nats.host);
    vi.stubEnv('NATS_USER', 'fox');
    vi.stubEnv('NATS_PASSWORD', SECRET);
    clients.push(await createNatsConnection());
    expectNothingShown();
  });

  it('that are wrong are rejected immediately, and are not shown', async () => {
    const nats = await server({ authorization: { users: [{ user: 'fox', password: 'other' }] } });
    const error = await attempt({ natsHost: `nats://fox:${SECRET}@${nats.host}` });
    expect(error).toMatchObject({ code: 'EEVEE_NATS_AUTHENTICATION', message: expect.stringContaining('user or password') });
    expectNothingShown(error);
  });

  it('are not shown when the server is unreachable', async () => {
    const nats = await server({ authorization });
    await nats.kill();
    const error = await attempt({ natsHost: `nats://fox:${SECRET}@${nats.host}` });
    expect(error).toMatchObject({ code: 'EEVEE_NATS_CLOSED' });
    expect(logged).not.toEqual([]);
    expectNothingShown(error);
  });
});

it('a token in the host is used, and is not shown', async () => {
  const nats = await server({}, SECRET);
  await expectConnected({ natsHost: `${SECRET}@${nats.host}` });
  expectNothingShown();
});

describe('an NKey', () => {
  const user = nkeys.createUser();
  const seed = new TextDecoder().decode(user.getSeed());

  it('is accepted as a seed or a file with one', async () => {
    const nats = await server({ authorization: { users: [{ nkey: user.getPublicKey() }] } });
    const nkeyFile = file('user.nk', `${seed}\n`);
    await expectConnected({ natsHost: nats.host, nkeySeed: () => seed });
    await expectConnected({ natsHost: nats.host, nkeyFile });
    vi.stubEnv('NATS_HOST', nats.host);
    vi.stubEnv('NATS_TOKEN', '');
    vi.stubEnv('NATS_NKEY_SEED', seed);
    clients.push(await createNatsConnection());
    vi.stubEnv('NATS_NKEY_SEED', '');
    vi.stubEnv('NATS_NKEY_FILE', nkeyFile);
    clients.push(await createNatsConnection());
    expect(inspect(logged, { depth: 9 })).not.toContain(seed);
  });

  it('that cannot be read fails immediately and is named; a wrong one is rejected', async () => {
    const nats = await server({ authorization: { users: [{ nkey: user.getPublicKey() }] } });
    const missing = await attempt({ natsHost: nats.host, nkeyFile: '/none' });
    expect(missing).toMatchObject({ code: 'EEVEE_NATS_AUTHENTICATION', message: expect.stringMatching(/NKey.*\/none/) });
    expect(await code({ natsHost: nats.host, nkeySeed: 'SUnonsense' })).toBe('EEVEE_NATS_AUTHENTICATION');
    const other = new TextDecoder().decode(nkeys.createUser().getSeed());
    expect(await code({ natsHost: nats.host, nkeySeed: other })).toBe('EEVEE_NATS_AUTHENTICATION');
  });

  it('is read again when the connection is lost', async () => {
    const nats = await server({ authorization: { users: [{ nkey: user.getPublicKey() }] } });
    const nkeyFile = file('rotated.nk', seed);
    const client = (await attempt({ natsHost: nats.host, nkeyFile })) as NatsClient;
    const next = nkeys.createUser();
    const back = new Promise<void>((resolve) => client.once('reconnect', resolve));
    file('rotated.nk', 'unreadable for a moment');
    await nats.kill();
    await nats.start({ settings: { authorization: { users: [{ nkey: next.getPublicKey() }] } } });
    await vi.waitFor(() => expect(log.error).toHaveBeenCalledWith('NATS credentials cannot be read', expect.anything()), 10_000);
    file('rotated.nk', new TextDecoder().decode(next.getSeed()));
    await back;
    expect(await client.publish('hello')).toBe(true);
  });
});

describe('a credentials file', () => {
  it('in the format of nsc is used', async () => {
    const { settings, credentials, seed } = userOfAccount();
    const credsFile = file('user.creds', credentials);
    const nats = await server(settings);
    await expectConnected({ natsHost: nats.host, credsFile });
    vi.stubEnv('NATS_HOST', nats.host);
    vi.stubEnv('NATS_TOKEN', '');
    vi.stubEnv('NATS_CREDS_FILE', credsFile);
    clients.push(await createNatsConnection());
    expect(await code({ natsHost: nats.host, credsFile: file('empty.creds', '') })).toBe('EEVEE_NATS_AUTHENTICATION');
    expect(inspect(logged, { depth: 9 })).not.toContain(seed);
  });
});

it('names all missing variables', async () => {
  for (const name of ['NATS_HOST', 'NATS_TOKEN']) vi.stubEnv(name, '');
  await expect(createNatsConnection()).rejects.toMatchObject({
    code: 'EEVEE_MISSING_ENVIRONMENT',
    message: expect.stringContaining('NATS_HOST and NATS_TOKEN are not set'),
  });
});

it('names the subject that NATS does not permit to publish or subscribe to, and the fix', async () => {
  const permissions = { publish: { deny: ['chat.>'] }, subscribe: { deny: ['secret.>'] } };
  const nats = await server({ authorization: { users: [{ user: 'fox', password: 'p', permissions }] } });
  const client = new NatsClient({ natsHost: nats.host, user: 'fox', password: 'p' });
  clients.push(client);
  await client.connect();
  await client.publish('chat.irc', 'hello');
  expect(await client.subscribe('secret.one', () => {})).toBe(false);
  await client.nats?.flush();
  const hint = (what: string): unknown => expect.objectContaining({ hint: expect.stringContaining(`${what} permissions of this user`) });
  expect(logged).toContainEqual(['NATS does not permit to publish to "chat.irc": the message is lost', hint('publish')]);
  expect(logged).toContainEqual(['the server ended a subscription (secret.one)', hint('subscribe')]);
  expect(await client.publish('other', 'x')).toBe(true);
});
