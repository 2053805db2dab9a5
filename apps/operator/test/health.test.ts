import { fileURLToPath } from 'node:url';
import {
  BACKUP_RESTORE_REASONS,
  BACKUP_SCHEDULE_REASONS,
  BOT_MODULE_REASONS,
  IPC_CONFIG_REASONS,
  type Progress,
  type Reasons,
  S3_STORE_REASONS,
} from '@eeveebot/crds';
import { argocdHealthOf, kstatusOf } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { readinessConditions, restatedConditions } from '../src/controller/objects/progress.ts';

const SCRIPT = fileURLToPath(new URL('../../../charts/operator/argocd/health.lua', import.meta.url));

const KINDS: Readonly<Record<string, Reasons>> = {
  BotModule: BOT_MODULE_REASONS,
  IpcConfig: IPC_CONFIG_REASONS,
  S3Store: S3_STORE_REASONS,
  BackupSchedule: BACKUP_SCHEDULE_REASONS,
  BackupRestore: BACKUP_RESTORE_REASONS,
};

const STATES = Object.entries(KINDS).flatMap(([kind, reasons]) =>
  Object.entries(reasons).map(([reason, { progress }]) => ({ kind, reason, progress, reasons })),
);

/** A resource of generation 2 in the state in which the operator leaves it with `reason`. */
function resource(kind: string, reasons: Reasons, reason: string, extra: { observedGeneration?: number; paused?: boolean } = {}): object {
  const generation = extra.observedGeneration ?? 2;
  const paused = { type: 'Paused', status: 'True', reason: 'PausedByAnnotation', message: 'left alone' } as const;
  return {
    apiVersion: 'eevee.bot/v1',
    kind,
    metadata: { name: 'it', namespace: 'bots', generation: 2 },
    spec: {},
    status: {
      observedGeneration: generation,
      conditions: restatedConditions({
        known: undefined,
        stated: [...readinessConditions({ reason, message: 'why' }, reasons), ...(extra.paused === true ? [paused] : [])],
        generation,
        now: new Date(0),
      }),
    },
  };
}

const unseen = {
  apiVersion: 'eevee.bot/v1',
  kind: 'BotModule',
  metadata: { name: 'it', generation: 1 },
  status: { observedGeneration: -1 },
};

describe('kstatus library', () => {
  const EXPECTED: Readonly<Record<Progress, string>> = {
    settled: 'Current',
    reconciling: 'InProgress',
    waiting: 'InProgress',
    stalled: 'Failed',
  };

  it.each(STATES)('reads $kind $reason as $progress', async ({ kind, reason, progress, reasons }) => {
    expect(await kstatusOf(resource(kind, reasons, reason))).toMatchObject({ status: EXPECTED[progress] });
  });

  it('waits for an operator that has not observed the resource or its latest change', async () => {
    expect(await kstatusOf(unseen)).toMatchObject({ status: 'InProgress' });
    const edited = resource('BotModule', BOT_MODULE_REASONS, 'Ready', { observedGeneration: 1 });
    expect(await kstatusOf(edited)).toMatchObject({ status: 'InProgress' });
  });
});

describe('health check for Argo CD', () => {
  const EXPECTED: Readonly<Record<Progress, string>> = {
    settled: 'Healthy',
    reconciling: 'Progressing',
    waiting: 'Progressing',
    stalled: 'Degraded',
  };
  const FAILING = new Set(['Unavailable', 'ConnectionFailed']);

  it.each(STATES)('reads $kind $reason as $progress', async ({ kind, reason, progress, reasons }) => {
    const expected = FAILING.has(reason) ? 'Degraded' : EXPECTED[progress];
    expect(await argocdHealthOf(resource(kind, reasons, reason), SCRIPT)).toEqual({ status: expected, message: `${reason}: why` });
  });

  it('waits for an operator that has not observed the resource or its latest change', async () => {
    expect(await argocdHealthOf(unseen, SCRIPT)).toMatchObject({ status: 'Progressing' });
    expect(await argocdHealthOf({ ...unseen, status: undefined }, SCRIPT)).toMatchObject({ status: 'Progressing' });
    const edited = resource('BotModule', BOT_MODULE_REASONS, 'Ready', { observedGeneration: 1 });
    expect(await argocdHealthOf(edited, SCRIPT)).toMatchObject({ status: 'Progressing' });
  });

  it('shows a paused resource as suspended', async () => {
    const paused = resource('BotModule', BOT_MODULE_REASONS, 'Ready', { paused: true });
    expect(await argocdHealthOf(paused, SCRIPT)).toEqual({ status: 'Suspended', message: 'left alone' });
  });
});
