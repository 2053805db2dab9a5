import { describe, expect, it } from 'vitest';
import type { IpcConfig } from '@eeveebot/crds';
import { NO_EVENT_CAUSES } from '../../diagnosis/event-causes.ts';
import type { ObservedIpc } from './observe.ts';
import { tokenPlan } from './plan.ts';

const HOST = 'eevee-bot-nats.bots.svc.cluster.local';

const observed = (annotations: { ipc?: string; secret?: string } = {}, nats: object = { managed: { enabled: true } }): ObservedIpc => {
  const rotation = (value: string | undefined) => (value === undefined ? {} : { annotations: { 'eevee.bot/rotate-token': value } });
  return {
    ipcConfig: {
      apiVersion: 'eevee.bot/v1',
      kind: 'IpcConfig',
      metadata: { name: 'bot', namespace: 'bots', ...rotation(annotations.ipc) },
      spec: { nats },
    } as unknown as IpcConfig,
    sameLabelConfigs: [],
    sameSecretConfigs: [],
    tokenSecret: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eevee-bot-nats-auth', ...rotation(annotations.secret) } },
    configSecret: undefined,
    claims: [],
    tlsSecret: undefined,
    certificateObstacle: undefined,
    deployment: undefined,
    statefulSet: undefined,
    service: undefined,
    headlessService: undefined,
    disruptionBudget: undefined,
    pods: [],
    eventCauses: NO_EVENT_CAUSES,
  };
};

const OWNER = { apiVersion: 'eevee.bot/v1', kind: 'IpcConfig', name: 'bot', uid: 'uid-bot', controller: true };
/** With the token Secret made for the IpcConfig. */
const owning = (given: ObservedIpc): ObservedIpc => ({
  ...given,
  ipcConfig: { ...given.ipcConfig, metadata: { ...given.ipcConfig.metadata, uid: OWNER.uid } },
  tokenSecret: given.tokenSecret && { ...given.tokenSecret, metadata: { ...given.tokenSecret.metadata, ownerReferences: [OWNER] } },
});

describe('token of a managed NATS', () => {
  it.each<[string, ObservedIpc, Parameters<typeof tokenPlan>[1], string | undefined, string]>([
    ['there is no Secret', observed(), undefined, undefined, 'it did not exist'],
    ['the Secret has no token', observed(), { token: undefined, host: HOST }, undefined, 'it had no key token'],
    [
      'another is asked for',
      observed({ ipc: 'please' }),
      { token: 'old', host: HOST },
      undefined,
      'annotation eevee.bot/rotate-token requests a new one',
    ],
    [
      'its own Secret names another host',
      owning(observed()),
      { token: 'kept', host: 'elsewhere' },
      'kept',
      'its key host was not the host of this NATS',
    ],
  ])('is written when %s, with the reason', (_, given, values, token, because) => {
    expect(tokenPlan(given, values, 'cluster.local')).toEqual({ action: 'generate', token, host: HOST, because });
  });

  it('is left to its owner when the Secret is not its own and names another host', () => {
    const plan = tokenPlan(observed(), { token: 'kept', host: 'elsewhere' }, 'cluster.local');
    expect(plan).toEqual({ action: 'add-host', token: 'kept', host: HOST });
  });

  it('is not left to a Secret that another resource controls: the write is refused', () => {
    const given = owning(observed());
    const theirs = { ...given, ipcConfig: { ...given.ipcConfig, metadata: { ...given.ipcConfig.metadata, uid: 'another' } } };
    expect(tokenPlan(theirs, { token: 'kept', host: undefined }, 'cluster.local')).toMatchObject({ action: 'generate', token: 'kept' });
  });

  it('is used unchanged if it exists and was generated for the latest rotation', () => {
    const use = { action: 'use', token: 'there', host: HOST };
    expect(tokenPlan(observed(), { token: 'there', host: HOST }, 'cluster.local')).toEqual(use);
    expect(tokenPlan(observed({ ipc: 'x', secret: 'x' }), { token: 'there', host: HOST }, 'cluster.local')).toEqual(use);
  });
});

describe("user's token of a managed NATS", () => {
  const given = observed({}, { managed: { enabled: true }, token: { generate: false } });
  const unfit: readonly (readonly [what: string, token: string, message: string])[] = [
    ['a bcrypt hash', '$2a$11$abcdefghijklmnopqrstuv', 'begins like a bcrypt hash'],
    ['a null character', 'hid\0den', 'contains a null character'],
    ['bytes that are not text', 'hid\uFFFDden', 'not valid UTF-8'],
  ];

  it.each(unfit)('is refused if it is or contains %s, without being quoted', (_, token, message) => {
    const plan = tokenPlan(given, { token, host: HOST }, 'cluster.local');
    expect(plan).toMatchObject({ action: 'report', reason: 'InvalidSpec', message: expect.stringContaining(message) as string });
    expect(JSON.stringify(plan)).not.toMatch(/hid|abcdefghijk/);
  });

  it.each(unfit)('is refused in place of a generated one, and never replaced, if it is or contains %s', (_, token, message) => {
    for (const annotations of [{}, { ipc: 'please' }]) {
      const plan = tokenPlan(observed(annotations), { token, host: HOST }, 'cluster.local');
      expect(plan).toMatchObject({ action: 'report', reason: 'InvalidSpec', message: expect.stringContaining(message) as string });
      expect(plan).toMatchObject({ message: expect.stringContaining('or remove the key to have a token generated') as string });
    }
  });

  it.each(['$ecret', '"quoted" \\ {token}', 'pässwörd 🔑', '123', 'a$2a$10$b', 'line\n', '\u0007'])('may be %j', (token) => {
    expect(tokenPlan(given, { token, host: HOST }, 'cluster.local')).toEqual({ action: 'use', token, host: HOST });
  });
});
