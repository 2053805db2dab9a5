import { moduleDeploymentName, verificationCronJobName } from '@eeveebot/contract';
import type { BackupSchedule, BackupTarget, Condition, S3Store } from '@eeveebot/crds';
import { Store } from '@eeveebot/object-store';
import { backupObjects, eventually, s3ServerObjects, withForwardedPort } from '@eeveebot/testing';
import { NAMESPACE, type BotOnANode } from './bot-on-a-node.ts';

const SCHEDULE = 'proved';
const MODULE = 'kept';

/** Writes files and a SQLite database that is still open in WAL mode, as in a real module. */
const WRITE_DATA = `
  const fs = require('fs'), { DatabaseSync } = require('node:sqlite');
  fs.mkdirSync('/data/notes/deep', { recursive: true });
  fs.writeFileSync('/data/notes/deep/one.txt', 'kept by the volume');
  fs.symlinkSync('deep/one.txt', '/data/notes/link');
  const database = new DatabaseSync('/data/seen.db');
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE seen (nick TEXT); INSERT INTO seen VALUES ('alice'), ('bob')");
`;

/** A module on the node that is backed up to an S3 server in the cluster, with verification. */
export class VerifiedBackups {
  readonly #bot: BotOnANode;

  constructor(bot: BotOnANode) {
    this.#bot = bot;
  }

  /** Starts the S3 server and the module, and writes its data. */
  async start(): Promise<void> {
    const [store] = backupObjects();
    const inNamespace = (object: object) => ({ ...object, metadata: { ...(object as S3Store).metadata, namespace: NAMESPACE } });
    const schedule = {
      apiVersion: 'eevee.bot/v1',
      kind: 'BackupSchedule',
      metadata: { name: SCHEDULE },
      spec: { schedule: '30 3 * * *', s3Store: { name: 'demo' }, verification: { afterEach: true, mode: 'Restore' } },
    };
    await this.#bot.node.apply(...[...s3ServerObjects(), store ?? {}, schedule].map(inNamespace));
    await this.#bot.kubectl('rollout', 'status', 'deployment', 'demo-s3', '--timeout=120s');
    await this.#bot.startModules({ name: MODULE, spec: { persistentVolumeClaim: {}, backupSchedule: { name: SCHEDULE } } });
    await this.#bot.kubectl('exec', `deployment/${moduleDeploymentName(MODULE)}`, '--', 'node', '-e', WRITE_DATA);
  }

  /** Requests a backup of the module now. */
  async backUp(): Promise<void> {
    await this.#bot.kubectl('annotate', 'backupschedule', SCHEDULE, 'eevee.bot/backup-now=1');
  }

  /** Waits until condition Verified has this status. */
  untilVerified(status: Condition['status']): Promise<Condition> {
    return eventually(
      async () => {
        const verified = (await this.#schedule()).status?.conditions?.find(({ type }) => type === 'Verified');
        if (verified?.status !== status) throw new Error(`Verified is ${verified?.status} ${verified?.reason}: ${verified?.message}`);
        return verified;
      },
      { what: `condition Verified of BackupSchedule ${SCHEDULE} to be ${status}`, timeoutMs: 180_000, intervalMs: 300 },
    );
  }

  /** The module's entry in the schedule's status. */
  async target(): Promise<BackupTarget | undefined> {
    return (await this.#schedule()).status?.targets?.find(({ module }) => module === MODULE);
  }

  /** Output of `kubectl get bsched`, by column. */
  async row(): Promise<Readonly<Record<string, string>>> {
    const [header = '', row = ''] = (await this.#bot.kubectl('get', 'bsched', SCHEDULE)).trim().split('\n');
    const cells = row.split(/ {2,}/);
    return Object.fromEntries(header.split(/ {2,}/).map((column, index) => [column, cells[index] ?? '']));
  }

  /** Overwrites one byte in the middle of the archive `key` in the bucket. */
  async damage(key: string): Promise<void> {
    const secret = await this.#bot.node.get<{ data: { accessId: string; accessKey: string } }>('secret', 'demo-s3', '-n', NAMESPACE);
    const credential = (value: string) => Buffer.from(value, 'base64').toString();
    const cluster = { kubeconfig: this.#bot.node.kubeconfig, namespace: NAMESPACE };
    await withForwardedPort(cluster, { service: 'demo-s3', port: 7070 }, async (host) => {
      const store = await Store.open({
        endpoint: `http://${host}`,
        bucket: 'backups',
        region: 'us-east-1',
        pathStyle: true,
        signatureV2: false,
        credentials: { accessKeyId: credential(secret.data.accessId), secretAccessKey: credential(secret.data.accessKey) },
      });
      try {
        const { body } = await store.open(key);
        const archive = Buffer.concat(await body.toArray());
        const middle = Math.floor(archive.length / 2);
        archive[middle] = (archive[middle] ?? 0) ^ 0xff;
        await store.put(key, archive, { contentType: 'application/gzip' });
      } finally {
        store.close();
      }
    });
  }

  /** Verifies the newest backup again, from the CronJob of a verification schedule. */
  async verifyAgain(): Promise<void> {
    const verification = { afterEach: null, schedule: '0 0 1 1 *' };
    await this.#bot.kubectl('patch', 'backupschedule', SCHEDULE, '--type=merge', '-p', JSON.stringify({ spec: { verification } }));
    const cronJob = verificationCronJobName(SCHEDULE, MODULE);
    await eventually(() => this.#bot.has('cronjob', cronJob), { what: `CronJob ${cronJob}` });
    await this.#bot.kubectl('create', 'job', `${cronJob}-again`, `--from=cronjob/${cronJob}`);
  }

  #schedule(): Promise<BackupSchedule> {
    return this.#bot.node.get<BackupSchedule>('backupschedule', SCHEDULE, '-n', NAMESPACE);
  }
}
