import { describe, expect, it } from 'vitest';
import { certificateAuthority } from '@eeveebot/testing';
import { identifiesServers } from './route-certificate.ts';

const HOSTS = [0, 1].map((ordinal) => `eevee-bot-nats-${ordinal}.eevee-bot-nats-headless.bots.svc`);
const certificate = async (hosts: readonly string[], purposes?: readonly ('server' | 'client')[]): Promise<string> => {
  const authority = await certificateAuthority('test');
  return (await authority.issue({ commonName: 'nats', hosts, ...(purposes && { purposes }) })).certificate;
};

describe('certificate of NATS servers', () => {
  it.each([
    ['names each server', HOSTS],
    ['names them by a wildcard', ['*.eevee-bot-nats-headless.bots.svc']],
  ])('can be used for routes if it %s', async (_, hosts) => {
    expect(identifiesServers(await certificate(hosts), HOSTS)).toBe(true);
  });

  it.each([
    ['names only the Service', ['eevee-bot-nats.bots.svc']],
    ['misses a server', HOSTS.slice(0, 1)],
    ['names no host', []],
  ])('cannot be used for routes if it %s', async (_, hosts) => {
    expect(identifiesServers(await certificate(hosts), HOSTS)).toBe(false);
  });

  it('cannot be used for routes if it is for servers only', async () => {
    expect(identifiesServers(await certificate(HOSTS, ['server']), HOSTS)).toBe(false);
  });

  it('can be used for routes if it names no usages', async () => {
    expect(identifiesServers(await certificate(HOSTS, []), HOSTS)).toBe(true);
  });

  it('cannot be used for routes if it is not a certificate', () => {
    expect(identifiesServers('half', HOSTS)).toBe(false);
  });
});
