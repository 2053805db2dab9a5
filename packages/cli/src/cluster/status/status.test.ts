import type { BackupSchedule, BotModule, Condition, IpcConfig, S3Store } from '@eeveebot/crds';
import { expect, it } from 'vitest';
import type { BusFacts } from './bus-facts.ts';
import { type Resources, clusterStatus } from './cluster-status.ts';
import { ageText, statusLines } from './status-lines.ts';

const NOW_MS = Date.parse('2026-01-02T00:00:00Z');

const ready = (status: Condition['status'], reason: string, message = ''): readonly Condition[] => [
  { type: 'Ready', status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' },
];

const meta = (name: string) => ({ metadata: { name, namespace: 'bots' } });

/** Resources with the fields that the status is made of. */
const RESOURCES = {
  ipcConfigs: [
    {
      ...meta('bot'),
      spec: { nats: { managed: { enabled: true } } },
      status: { natsHost: 'eevee-bot-nats', replicas: 1, readyReplicas: 1, conditions: ready('True', 'Ready') },
    },
  ] as unknown as IpcConfig[],
  modules: [
    {
      ...meta('karma'),
      spec: { moduleName: 'karma', image: 'karma:1' },
      status: { image: 'karma:1', conditions: ready('False', 'Unavailable', 'container module crashes: TypeError') },
    },
    {
      ...meta('echo'),
      spec: { moduleName: 'echo', image: 'echo:1' },
      status: {
        conditions: ready('True', 'Ready'),
        lastBackup: { time: '2026-01-01T21:00:00Z', result: 'Succeeded' },
        lastVerified: { time: '2026-01-01T23:00:00Z', result: 'Failed' },
      },
    },
  ] as unknown as BotModule[],
  stores: [{ ...meta('s3'), spec: {}, status: { conditions: ready('True', 'Ready') } }] as unknown as S3Store[],
  schedules: [{ ...meta('daily'), spec: {} }] as unknown as BackupSchedule[],
  pods: [
    { metadata: { labels: { 'eevee.bot/module': 'karma' } }, status: { containerStatuses: [{ restartCount: 3 }, { restartCount: 1 }] } },
  ],
} satisfies Resources;

const FACTS: BusFacts = { uptimeSeconds: new Map([['echo', 7_500]]), commands: new Map([['echo', ['echo', 'say']]]), notAsked: [] };

it('shows NATS, modules, stores, schedules, and fixes of problems', () => {
  expect(statusLines(clusterStatus(RESOURCES, FACTS), NOW_MS)).toEqual([
    'NATS  READY  REASON  SERVERS  HOST',
    'bot   True   Ready   1/1      eevee-bot-nats',
    '',
    'MODULE  READY  REASON       RESTARTS  UPTIME  BACKUP            VERIFIED        IMAGE    COMMANDS',
    'echo    True   Ready        0         2h      Succeeded 3h ago  Failed 60m ago  echo:1   echo say',
    'karma   False  Unavailable  4         -       -                 -               karma:1  -',
    '',
    'STORE  READY  REASON',
    's3     True   Ready',
    '',
    'SCHEDULE  READY    REASON      MODULES  LAST SUCCESS',
    'daily     Unknown  NotSeenYet  0        -',
    '',
    'botmodule/karma: Unavailable',
    '  container module crashes: TypeError',
    '  Fix: Fix the cause that the message names. kubectl logs deployment/eevee-karma-module -n bots',
    '',
    'backupschedule/daily: NotSeenYet',
    '  the operator has not processed it yet',
    '  Fix: Check that the operator is running.',
  ]);
});

it('shows one module without problems', () => {
  const lines = statusLines(clusterStatus(RESOURCES, FACTS, 'echo'), NOW_MS);
  expect(lines.join('\n')).not.toContain('karma');
  expect(lines.at(-1)).toBe('No problems found.');
});

it('shows why modules could not be asked', () => {
  const facts = { ...FACTS, notAsked: ['fox may not get secrets'] };
  expect(statusLines(clusterStatus(RESOURCES, facts), NOW_MS)).toContain('Uptime and commands are unknown: fox may not get secrets');
});

it('reports a condition besides Ready that is False', () => {
  const conditions = [...ready('True', 'Ready'), { ...ready('False', 'NoStore', 'the store is gone')[0], type: 'BackupScheduled' }];
  const modules = [{ ...meta('echo'), spec: { moduleName: 'echo' }, status: { conditions } }] as unknown as BotModule[];
  expect(clusterStatus({ ...RESOURCES, modules }, FACTS, 'echo').problems).toMatchObject([{ object: 'botmodule/echo', reason: 'NoStore' }]);
});

it.each([
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [5_400, '90m'],
  [7_200, '2h'],
  [172_800, '2d'],
])('writes %d seconds as %s', (seconds, text) => {
  expect(ageText(seconds)).toBe(text);
});
