import {
  deleteClaim,
  deleteJobs,
  MODULES,
  PERSONAL,
  putModule,
  restartApi,
  RESTORES,
  type Action,
  type ModuleAction,
  type Step,
} from './actions.ts';
import type { Random, Weighted } from './random.ts';

/** Long enough for a module to run, or for a restore to be running, on most machines. */
const UNDER_WAY_MS = [1_500, 2_500, 3_500, 5_000];

/** Long enough for a restore to end. */
const ENDED_MS = [6_000, 9_000];

/**
 * Short sequences in which work is interrupted at a critical moment. Single random steps produce them too rarely: a history of 60 steps
 * would have to draw five of them in a row.
 */
export const SCENES: Weighted<readonly Step[]> = [
  [4, interruptedRestore],
  [4, interruptedBootstrap],
  [4, newClaim],
  [4, restoreOfDisabledModule],
  [4, hinderedRestore],
  [2, takenName],
  [2, takeOver],
  [2, recreatedClaim],
  [2, slowLook],
  [2, refusedRotation],
  [4, missedRestart],
  [2, mountedClaim],
];

const running = (random: Random, module: string, fields: Partial<ModuleAction> = {}): ModuleAction => ({
  ...{ ...putModule(random), module, enabled: true },
  ...fields,
});

const underWay = (random: Random, action: Action): Step => ({ ...action, thenMs: random.pick(UNDER_WAY_MS) });
const ended = (random: Random, action: Action): Step => ({ ...action, thenMs: random.pick(ENDED_MS) });
const atOnce = (action: Action): Step => ({ ...action, thenMs: 0 });
const kill: Action = { do: 'operator', how: 'kill' };

/** A restore that loses its resource, its Job or its operator while it runs. */
function interruptedRestore(random: Random): readonly Step[] {
  const [module, restore] = [random.pick(MODULES), random.pick(RESTORES)];
  const deleteRestore: Action = { do: 'delete', kind: 'backuprestore', name: restore };
  return [
    atOnce(deleteRestore),
    underWay(random, running(random, module, { bootstrap: false })),
    underWay(random, { do: 'put-restore', restore, module }),
    underWay(random, random.pick([deleteRestore, deleteJobs('restore'), kill])),
    ended(random, running(random, module)),
  ];
}

/** A bootstrap that loses its module, its Job, its reason or its operator while it runs. */
function interruptedBootstrap(random: Random): readonly Step[] {
  const [module, restore] = [random.pick(MODULES), random.pick(RESTORES)];
  const interruptions: readonly Action[] = [
    deleteJobs('restore'),
    running(random, module, { bootstrap: false }),
    { do: 'delete', kind: 'botmodule', name: module, cascade: random.pick(['background', 'foreground']) },
    { do: 'put-restore', restore, module },
    kill,
  ];
  return [
    atOnce({ do: 'delete', kind: 'botmodule', name: module, cascade: 'background' }),
    underWay(random, deleteClaim(module)),
    underWay(random, running(random, module, { bootstrap: true })),
    underWay(random, random.pick(interruptions)),
    ended(random, running(random, module)),
  ];
}

/** A module whose claim is deleted while it runs, and that is then stopped or recreated. */
function newClaim(random: Random): readonly Step[] {
  const module = random.pick(MODULES);
  const bootstrap = true;
  const change: Action = random.pick<Action>([
    running(random, module, { bootstrap, image: 'eevee/echo:next' }),
    { do: 'delete', kind: 'botmodule', name: module, cascade: 'background' },
    { do: 'delete-labelled', kind: 'deployments', selector: `eevee.bot/module=${module}` },
  ]);
  return [
    ended(random, running(random, module, { bootstrap })),
    atOnce(deleteClaim(module)),
    { ...change, thenMs: random.pick([0, 300, 1_000]) },
    ended(random, running(random, module, { bootstrap })),
  ];
}

/** A restore of a disabled module that does not succeed, and the module's next start. */
function restoreOfDisabledModule(random: Random): readonly Step[] {
  const [module, restore] = [random.pick(MODULES), random.pick(RESTORES)];
  return [
    ended(random, running(random, module, { bootstrap: true })),
    atOnce({ do: 'delete', kind: 'backuprestore', name: restore }),
    underWay(random, running(random, module, { bootstrap: true, enabled: false })),
    underWay(random, { do: 'put-restore', restore, module }),
    underWay(random, random.pick([deleteJobs('restore'), { do: 'delete', kind: 'backuprestore', name: restore }])),
    ended(random, running(random, module, { bootstrap: true })),
  ];
}

/** A restore of a running module that cannot begin because of a permanent obstacle. */
function hinderedRestore(random: Random): readonly Step[] {
  const [module, restore] = [random.pick(MODULES), random.pick(RESTORES)];
  const obstacle: Action = random.pick<Action>([
    { do: 'quota', jobs: false },
    { do: 'quota', jobs: false },
    { do: 'store', answers: false },
    { do: 'pause', kind: 'backupschedule', name: 'nightly', paused: true },
  ]);
  return [
    atOnce({ do: 'delete', kind: 'backuprestore', name: restore }),
    ended(random, running(random, module, { bootstrap: false, scheduled: true })),
    atOnce(obstacle),
    ended(random, { do: 'put-restore', restore, module }),
  ];
}

/** A user creates an object under a name that the operator has just lost, while the operator is behind. */
function takenName(random: Random): readonly Step[] {
  const object = random.pick(PERSONAL);
  const module = object.name.includes('-b-') ? 'b' : 'a';
  const late: Action = random.pick<Action>([
    { do: 'operator', how: 'freeze' },
    { do: 'lag', resource: `${object.kind.toLowerCase()}s`, ms: 2_000 },
    kill,
  ]);
  return [
    underWay(random, running(random, module, { bootstrap: true, scheduled: true })),
    atOnce(late),
    atOnce({ do: 'replace-with-personal', object }),
    ended(random, running(random, module, { bootstrap: true, scheduled: true })),
  ];
}

/** A second operator takes over while the first is frozen for longer than its Lease lasts; then the first one wakes up. */
function takeOver(random: Random): readonly Step[] {
  const [module, restore] = [random.pick(MODULES), random.pick(RESTORES)];
  return [
    underWay(random, running(random, module, { bootstrap: random.percent(50) })),
    underWay(random, { do: 'second-operator' }),
    underWay(random, { do: 'operator', how: 'freeze-long' }),
    underWay(random, random.pick<Action>([{ do: 'put-restore', restore, module }, running(random, module)])),
    ended(random, random.pick<Action>([{ do: 'delete', kind: 'backuprestore', name: restore }, running(random, module)])),
  ];
}

/** The claim of a stopped module is created again from its manifest. */
function recreatedClaim(random: Random): readonly Step[] {
  const module = random.pick(MODULES);
  return [
    ended(random, running(random, module, { bootstrap: true })),
    ended(
      random,
      random.pick<Action>([{ do: 'put-restore', restore: random.pick(RESTORES), module }, running(random, module, { enabled: false })]),
    ),
    { ...random.pick<Action>([kill, { do: 'operator', how: 'freeze' }, { do: 'expire-watches' }]), thenMs: 0 },
    atOnce({ do: 'recreate-claim', module }),
    ended(random, running(random, module, { bootstrap: true })),
  ];
}

/** While a bootstrap waits for its store, its module or a restore of it changes; then the store answers. */
function slowLook(random: Random): readonly Step[] {
  const [module, restore] = [random.pick(MODULES), random.pick(RESTORES)];
  const change = random.pick<Action>([
    { do: 'put-restore', restore, module },
    running(random, module, { bootstrap: false }),
    running(random, module, { bootstrap: true, isRenamed: true }),
    { ...running(random, module), enabled: false },
  ]);
  return [
    atOnce({ do: 'delete', kind: 'botmodule', name: module, cascade: 'background' }),
    underWay(random, deleteClaim(module)),
    atOnce({ do: 'store', answers: false }),
    underWay(random, running(random, module, { bootstrap: true })),
    underWay(random, change),
    ended(random, { do: 'store', answers: true }),
  ];
}

/** The token is rotated while NATS, its Secrets or the modules cannot be changed. */
function refusedRotation(random: Random): readonly Step[] {
  const resource = random.pick(['deployments', 'secrets', 'services'] as const);
  return [
    underWay(random, running(random, random.pick(MODULES), { bootstrap: false })),
    atOnce({ do: 'refuse', resource, ms: 6_000, code: random.pick([403, 422]) }),
    underWay(random, { do: 'rotate-token', value: `v${random.below(1_000_000)}` }),
    underWay(random, random.pick<Action>([kill, { do: 'rotate-token', value: `v${random.below(1_000_000)}` }, running(random, 'a')])),
  ];
}

/** Work begins or ends while the operator is frozen or cut off, and the API server that it asks afterwards has forgotten what came between. */
function missedRestart(random: Random): readonly Step[] {
  const [module, restore] = [random.pick(MODULES), random.pick(RESTORES)];
  const missed: readonly Action[] = [
    { do: 'delete', kind: 'backuprestore', name: restore },
    deleteJobs('restore'),
    { do: 'delete', kind: 'botmodule', name: module, cascade: 'background' },
    running(random, module),
  ];
  return [
    underWay(random, running(random, module, { bootstrap: random.percent(50) })),
    underWay(random, { do: 'put-restore', restore, module }),
    atOnce(
      random.pick<Action>([
        { do: 'operator', how: 'freeze' },
        { do: 'outage', ms: 3_000 },
      ]),
    ),
    atOnce(random.pick(missed)),
    underWay(random, restartApi(random)),
    ended(random, running(random, module)),
  ];
}

/** A module begins to mount a claim that another one uses, while that one, or the module itself, is restored. */
function mountedClaim(random: Random): readonly Step[] {
  const [module, other] = random.pick([
    ['a', 'b'],
    ['b', 'a'],
  ] as const);
  const restore = random.pick(RESTORES);
  const mounts = random.pick(['shared', 'other'] as const);
  return [
    underWay(random, running(random, other, { bootstrap: false, ...(mounts === 'shared' && { mounts }) })),
    underWay(random, running(random, module, { bootstrap: random.percent(50), ...(random.percent(50) && { mounts }) })),
    atOnce({ do: 'delete', kind: 'backuprestore', name: restore }),
    underWay(random, { do: 'put-restore', restore, module: random.pick([module, other]) }),
    underWay(random, running(random, module, { mounts })),
    ended(random, random.pick<Action>([running(random, module), { do: 'delete', kind: 'backuprestore', name: restore }, kill])),
  ];
}
