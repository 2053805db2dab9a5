import { setTimeout as pause } from 'node:timers/promises';
import { moduleDeploymentName } from '@eeveebot/contract';
import type { BackupRestore, BotModule, S3Store } from '@eeveebot/crds';
import { backupObjects, eventually, s3ServerObjects } from '@eeveebot/testing';
import type { Pod } from '../../src/resource-types/kubernetes.ts';
import { type BotOnANode, NAMESPACE } from '../e2e/bot-on-a-node.ts';
import { backupRestore, backupSchedule } from '../world.ts';
import { type Violation, VolumeInvariants } from './invariants.ts';
import type { Random } from './random.ts';
import { watchObjects } from './watch-objects.ts';

const MODULE = 'kept';
const SCHEDULE = 'hourly';

/** Number of files of one version: enough that a killed restore leaves some of them unwritten. */
const FILES = 200;

/** Size of each file in bytes: the version, repeated, so that a file with parts of two versions is detected. */
const FILE_BYTES = 16_384;

/** Ways to interrupt a restore. */
const INTERRUPTIONS = ['none', 'none', 'kill the operator', 'delete the BackupRestore', 'delete its Job'] as const;
type Interruption = (typeof INTERRUPTIONS)[number];

/** Longer than any successful step. */
const STEP_MS = 240_000;

/** Writes a version: a new directory replaces the old one, as when an application replaces its files. */
const writeVersion = (version: string): string => `
  const fs = require('node:fs');
  fs.rmSync('/data/set', { recursive: true, force: true });
  fs.mkdirSync('/data/set');
  for (let n = 0; n < ${FILES}; n++) fs.writeFileSync('/data/set/' + n, ${JSON.stringify(version)}.repeat(${FILE_BYTES / version.length}));`;

/** Prints the versions in the files, and the number of files. */
const READ_VERSIONS = `
  const fs = require('node:fs');
  const names = fs.readdirSync('/data/set');
  const found = names.flatMap((name) => [...new Set(fs.readFileSync('/data/set/' + name, 'utf8').match(/v\\d{7}/g))]);
  console.log(JSON.stringify({ files: names.length, versions: [...new Set(found)] }));`;

/** Content of the volume: the version that every file has, or a description of a mixture. */
type Content = string;

/** Result of the simulation. */
export interface NodePlayed {
  readonly violation: Violation | undefined;
  readonly writes: number;
  readonly backups: number;
  readonly restores: Readonly<Partial<Record<Interruption, number>>>;
}

/**
 * Random writes, backups and restores of one module with the tool's own image on a whole node, with random interruptions of restores, until
 * the time is over. After each step the volume must have exactly the expected content: that of the backup after a successful restore, and
 * the previous content or that of the backup after an interrupted one.
 */
export class NodeSimulation {
  readonly #bot: BotOnANode;
  readonly #random: Random;
  readonly #print: (line: string) => void;
  readonly #invariants = new VolumeInvariants();
  readonly #violations: Violation[] = [];
  /** Content of each backup, by its id. */
  readonly #backups = new Map<string, Content>();
  readonly #restores = new Map<Interruption, number>();
  #content: Content = '';
  #writes = 0;
  #steps = 0;

  constructor(given: { readonly bot: BotOnANode; readonly random: Random; readonly print: (line: string) => void }) {
    this.#bot = given.bot;
    this.#random = given.random;
    this.#print = given.print;
  }

  /** Plays until `Date.now()` is `endMs`. */
  async play(endMs: number): Promise<NodePlayed> {
    await this.#setTheStage();
    const stopWatch = await watchObjects<Pod>(this.#bot.node.kubeconfig, `/api/v1/namespaces/${NAMESPACE}/pods`, (change, pod) =>
      this.#violations.push(...this.#invariants.podChanged(change, pod)),
    );
    try {
      await this.#write();
      await this.#backUp();
      while (Date.now() < endMs && this.#violations.length === 0) await this.#step();
    } finally {
      stopWatch();
    }
    const restores = Object.fromEntries(this.#restores) as NodePlayed['restores'];
    return { violation: this.#violations[0], writes: this.#writes, backups: this.#backups.size, restores };
  }

  async #setTheStage(): Promise<void> {
    const [store] = backupObjects();
    const inNamespace = (object: object) => ({ ...object, metadata: { ...(object as S3Store).metadata, namespace: NAMESPACE } });
    const schedule = backupSchedule(SCHEDULE, NAMESPACE, { schedule: '0 0 1 1 *', s3Store: { name: 'demo' } });
    await this.#bot.node.apply(...[...s3ServerObjects(), store ?? {}].map(inNamespace), schedule);
    await this.#bot.kubectl('rollout', 'status', 'deployment', 'demo-s3', '--timeout=120s');
    await this.#bot.startModules({ name: MODULE, spec: { persistentVolumeClaim: {}, backupSchedule: { name: SCHEDULE } } });
  }

  async #step(): Promise<void> {
    this.#steps += 1;
    const kind = this.#random.below(4);
    if (kind === 0) await this.#write();
    else if (kind === 1) await this.#backUp();
    else await this.#restore(this.#random.pick(INTERRUPTIONS));
  }

  async #write(): Promise<void> {
    this.#writes += 1;
    const version = `v${String(this.#writes).padStart(7, '0')}`;
    await this.#bot.runInModule(MODULE, writeVersion(version));
    this.#content = version;
    await this.#check([version], `write ${version}`);
  }

  async #backUp(): Promise<void> {
    const before = await this.#lastBackup();
    await this.#bot.kubectl('annotate', 'backupschedule', SCHEDULE, '--overwrite', `eevee.bot/backup-now=step-${this.#steps}`);
    const id = await eventually(
      async () => {
        const last = await this.#lastBackup();
        return last !== before && last;
      },
      { what: 'a backup', timeoutMs: STEP_MS, intervalMs: 300 },
    );
    this.#backups.set(id, this.#content);
    this.#print(`backup ${id} of ${this.#content}`);
  }

  async #lastBackup(): Promise<string | undefined> {
    return (await this.#bot.node.get<BotModule>('botmodule', MODULE, '-n', NAMESPACE)).status?.lastBackup?.id;
  }

  async #restore(interruption: Interruption): Promise<void> {
    const name = `restore-${this.#steps}`;
    const [backupId, wanted] = this.#random.pick([...this.#backups]);
    // Otherwise the effect of the restore could not be detected.
    if (wanted === this.#content) await this.#write();
    const before = this.#content;
    this.#restores.set(interruption, (this.#restores.get(interruption) ?? 0) + 1);
    await this.#bot.node.apply(backupRestore(name, NAMESPACE, MODULE, { backupId, s3Store: { name: 'demo' }, cleanRestore: true }));
    if (interruption !== 'none') {
      await pause(this.#random.below(6_000));
      await this.#interrupt(interruption, name);
    }
    const succeeded = await this.#ended(name);
    await this.#bot.untilReady(MODULE);
    const what = `restore of ${wanted} over ${before}, interrupted by: ${interruption}, ${succeeded ? 'succeeded' : 'did not succeed'}`;
    await this.#check(succeeded ? [wanted] : [before, wanted], what);
  }

  async #interrupt(interruption: Exclude<Interruption, 'none'>, restore: string): Promise<void> {
    const remove = (...args: readonly string[]) => this.#bot.kubectl('delete', ...args, '--ignore-not-found', '--wait=false');
    switch (interruption) {
      case 'kill the operator':
        await remove('pod', '-l', 'app.kubernetes.io/name=operator', '--force', '--grace-period=0');
        return;
      case 'delete the BackupRestore':
        await remove('backuprestore', restore);
        return;
      case 'delete its Job':
        await remove('job', `${restore}-restore`);
    }
  }

  /** Waits until a restore has ended or is gone. @returns whether it is known to have succeeded. */
  async #ended(name: string): Promise<boolean> {
    const outcome = await eventually(
      async () => {
        const { items } = await this.#bot.node.get<{ items: readonly BackupRestore[] }>('backuprestores', '-n', NAMESPACE);
        const restore = items.find(({ metadata }) => metadata.name === name);
        if (restore === undefined) return 'gone';
        const ready = restore.status?.conditions?.find(({ type }) => type === 'Ready');
        if (ready?.reason === 'Succeeded' || ready?.reason === 'Failed') return ready.reason;
        throw new Error(`Ready is ${ready?.status} ${ready?.reason}: ${ready?.message}`);
      },
      { what: `BackupRestore ${name} to end`, timeoutMs: STEP_MS, intervalMs: 300 },
    );
    return outcome === 'Succeeded';
  }

  /** Checks the content of the volume in the running module. */
  async #check(allowed: readonly Content[], what: string): Promise<void> {
    await this.#bot.kubectl('rollout', 'status', 'deployment', moduleDeploymentName(MODULE), '--timeout=120s');
    const { files, versions } = JSON.parse(await this.#bot.runInModule(MODULE, READ_VERSIONS)) as { files: number; versions: Content[] };
    this.#content = versions.join('+');
    this.#print(`${what}: found ${this.#content}`);
    if (files === FILES && allowed.includes(this.#content)) return;
    const message = `after ${what}: ${files} files of ${FILES} with ${this.#content}, expected ${allowed.join(' or ')}`;
    this.#violations.push({ invariant: 'content', message });
  }
}
