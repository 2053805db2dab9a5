import type { IpcConfig } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { chosenIpcConfig, natsAccess, unreadyReason } from './ipc-config.ts';

const MANAGED = { managed: { enabled: true } };

/** An IpcConfig with the fields that are read. */
const ipcConfig = (name: string, nats: object = MANAGED, status?: object): IpcConfig =>
  ({ metadata: { name, namespace: 'bots' }, spec: { nats }, ...(status === undefined ? {} : { status }) }) as IpcConfig;

describe('the IpcConfig to talk to', () => {
  it('is the only one, or the requested one', () => {
    const [one, other] = [ipcConfig('one'), ipcConfig('other')];
    expect(chosenIpcConfig([one], undefined)).toBe(one);
    expect(chosenIpcConfig([one, other], 'other')).toBe(other);
  });

  it.each([
    [[], undefined, 'there is no IpcConfig in this namespace: select the namespace of the bot with --namespace'],
    [['b', 'a'], undefined, 'there are several IpcConfigs: choose one with --ipc (a, b)'],
    [['b', 'a'], 'c', 'there is no IpcConfig "c" in this namespace: choose one of a, b'],
  ])('is refused with the names that exist: %j, %s', (names, asked, message) => {
    expect(() =>
      chosenIpcConfig(
        names.map((name) => ipcConfig(name)),
        asked,
      ),
    ).toThrow(message);
  });
});

describe('the NATS of an IpcConfig', () => {
  it('is the Service and the Secret of the operator', () => {
    expect(natsAccess(ipcConfig('bot', MANAGED, { natsHost: 'eevee-bot-nats.bots.svc.cluster.local' }))).toEqual({
      token: { kind: 'secret', name: 'eevee-bot-nats-auth', key: 'token' },
      ca: undefined,
      host: 'eevee-bot-nats.bots.svc.cluster.local',
      service: 'eevee-bot-nats',
    });
  });

  it('has the token and the certificates from the places in its spec', () => {
    const token = { secretKeyRef: { secret: { name: 'mine' }, key: 'pass' } };
    const status = { natsHost: 'tls://eevee-bot-nats.bots.svc.cluster.local' };
    expect(natsAccess(ipcConfig('bot', { ...MANAGED, token, tls: { secretName: 'cert' } }, status))).toMatchObject({
      token: { kind: 'secret', name: 'mine', key: 'pass' },
      ca: { kind: 'secret', name: 'cert', key: 'ca.crt' },
    });
    expect(natsAccess(ipcConfig('bot', { ...MANAGED, tls: {} }, status)).ca).toEqual({
      kind: 'secret',
      name: 'eevee-bot-nats-tls',
      key: 'ca.crt',
    });
  });

  it('has no certificates before its servers have TLS', () => {
    expect(natsAccess(ipcConfig('bot', { ...MANAGED, tls: {} }, { natsHost: 'eevee-bot-nats' })).ca).toBeUndefined();
  });

  it('is reached directly if it is outside the cluster', () => {
    const external = { host: 'tls://nats.example.com', caBundle: { configMapKeyRef: { configMap: { name: 'authority' }, key: 'ca.pem' } } };
    expect(natsAccess(ipcConfig('bot', { external }))).toMatchObject({
      host: 'tls://nats.example.com',
      service: undefined,
      ca: { kind: 'configmap', name: 'authority', key: 'ca.pem' },
    });
  });

  it('reports why it is not ready', () => {
    const ready = (status: string) => ({ conditions: [{ type: 'Ready', status, reason: 'NatsNotReady', message: 'no pod is ready' }] });
    expect(unreadyReason(ipcConfig('bot', MANAGED, ready('True')))).toBeUndefined();
    expect(unreadyReason(ipcConfig('bot', MANAGED, ready('False')))).toBe(
      'NATS of IpcConfig bot is not ready: NatsNotReady: no pod is ready',
    );
    expect(unreadyReason(ipcConfig('bot'))).toContain('the operator has not processed it yet');
  });
});
