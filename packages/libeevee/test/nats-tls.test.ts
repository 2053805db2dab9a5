import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateAuthority, eventually, freePort, type NatsServer, ServerFolder, startNatsServer } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createNatsConnection, log, NatsClient } from '../src/index.ts';

describe('a NATS whose certificate comes from a private authority', async () => {
  const folder = new ServerFolder('nats-tls');
  const file = (name: string): string => join(folder.path, name);
  const authority = await certificateAuthority('private');
  let nats: NatsServer;
  let clients: NatsClient[] = [];

  beforeAll(async () => {
    const { certificate, key } = await authority.issue({ commonName: 'nats', hosts: ['127.0.0.1'] });
    writeFileSync(file('ca.crt'), authority.certificate);
    writeFileSync(file('other.crt'), (await certificateAuthority('other')).certificate);
    writeFileSync(file('tls.crt'), certificate);
    writeFileSync(file('tls.key'), key);
    nats = await startNatsServer({ token: 't', settings: { tls: { cert_file: file('tls.crt'), key_file: file('tls.key') } } });
  });
  afterAll(async () => {
    await nats?.stop();
    folder.remove();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await Promise.all(clients.map((client) => client.drain()));
    clients = [];
  });

  /** Whether a client connects before its first failure. */
  async function connects(options: { natsHost: string; caFile?: string; tlsServerName?: string }): Promise<boolean> {
    const client = new NatsClient({ natsToken: 't', ...options });
    const giveUp = new AbortController();
    const warned = vi.spyOn(log, 'warn').mockImplementation(() => giveUp.abort());
    try {
      await client.connect({ signal: giveUp.signal });
      clients.push(client);
      return true;
    } catch {
      return false;
    } finally {
      warned.mockRestore();
    }
  }

  it('is trusted by a module that got the authority from the operator', async () => {
    vi.stubEnv('NATS_HOST', `tls://${nats.host}`);
    vi.stubEnv('NATS_TOKEN', 't');
    vi.stubEnv('NATS_CA_FILE', file('ca.crt'));
    const client = await createNatsConnection();
    clients.push(client);
    expect(client.isClosed()).toBe(false);
    expect(await client.publish('hello', 'there')).toBe(true);
  });

  it.each([
    ['without an authority', undefined],
    ['with another authority', 'other.crt'],
    ['with a file that does not exist', 'none.crt'],
  ])('is not trusted %s', async (_, name) => {
    expect(await connects({ natsHost: nats.host, ...(name === undefined ? {} : { caFile: file(name) }) })).toBe(false);
  });

  it('is checked against the given name instead of the host', async () => {
    const { certificate, key } = await authority.issue({ commonName: 'nats', hosts: ['nats.bots.svc'] });
    writeFileSync(file('service.crt'), certificate);
    writeFileSync(file('service.key'), key);
    await using service = await startNatsServer({
      token: 't',
      settings: { tls: { cert_file: file('service.crt'), key_file: file('service.key') } },
    });
    const options = { natsHost: `tls://${service.host}`, caFile: file('ca.crt') };
    expect(await connects(options)).toBe(false);
    expect(await connects({ ...options, tlsServerName: 'other.bots.svc' })).toBe(false);
    expect(await connects({ ...options, tlsServerName: 'nats.bots.svc' })).toBe(true);
  });

  it('is named as the reason when connecting is given up', async () => {
    const client = new NatsClient({ natsToken: 't', natsHost: `tls://${nats.host}` });
    const giveUp = new AbortController();
    const warned = vi.spyOn(log, 'warn').mockImplementation(() => giveUp.abort());
    await expect(client.connect({ signal: giveUp.signal })).rejects.toThrow(/^connecting to NATS at .* was aborted: .*certificate/);
    warned.mockRestore();
  });

  it.each([
    ['has expired', 'certificate has expired'],
    ['is of another authority', 'unable to verify'],
  ])('is the reason of each attempt to reconnect when it %s, and a new file is read', async (how, reason) => {
    const valid = await authority.issue({ commonName: 'nats', hosts: ['127.0.0.1'] });
    const other = await certificateAuthority('next');
    const isExpired = how === 'has expired';
    const next = await (isExpired ? authority : other).issue({ commonName: 'nats', hosts: ['127.0.0.1'], isExpired });
    const use = ({ certificate, key }: typeof valid): void => {
      writeFileSync(file('changing.crt'), certificate);
      writeFileSync(file('changing.key'), key);
    };
    use(valid);
    writeFileSync(file('changing-ca.crt'), authority.certificate);
    await using changing = await startNatsServer({
      token: 't',
      settings: { tls: { cert_file: file('changing.crt'), key_file: file('changing.key') } },
    });
    expect(await connects({ natsHost: `tls://${changing.host}`, caFile: file('changing-ca.crt') })).toBe(true);
    const warned = vi.spyOn(log, 'warn').mockImplementation(() => {});
    await changing.kill();
    use(next);
    await changing.start();
    await eventually(() => warned.mock.calls.some(([, fields]) => String(Reflect.get(fields ?? {}, 'reason')).includes(reason)));
    if (isExpired) {
      await changing.kill();
      use(valid);
      await changing.start();
    } else writeFileSync(file('changing-ca.crt'), other.certificate);
    const [client] = clients;
    await eventually(() => client?.isClosed() === false, { timeoutMs: 60_000 });
    warned.mockRestore();
  });

  it('is not replaced by a server without TLS if TLS is required', async () => {
    await using plain = await startNatsServer({ token: 't', port: await freePort() });
    expect(await connects({ natsHost: plain.host })).toBe(true);
    expect(await connects({ natsHost: `tls://${plain.host}` })).toBe(false);
    expect(await connects({ natsHost: plain.host, caFile: file('ca.crt') })).toBe(false);
    expect(await connects({ natsHost: plain.host, caFile: file('none.crt') })).toBe(false);
  });
});
