import type { BotModule } from '@eeveebot/crds';
import { moduleDeploymentName } from '@eeveebot/contract';
import { backupObjects, eventually, restoreObject, S3_SELECTOR, s3ServerObjects } from '@eeveebot/testing';
import { applyObjects, untilAvailable, untilReady } from './bot.ts';
import type { DemoCluster } from './clusters.ts';
import type { Steps } from './steps.ts';

const DIARY = '/data/diary.txt';
const WRITTEN = 'Dear diary, a visitor said hello.';
const LOST = 'nothing but scribble';

/** Gives the echo module a volume, backs it up, deletes its data and restores it, all in the cluster. */
export async function backUpAndRestore(cluster: DemoCluster, steps: Steps): Promise<void> {
  await steps.run('start an S3 server in the cluster', async (waitingFor) => {
    await applyObjects(cluster, s3ServerObjects());
    await untilAvailable(cluster, S3_SELECTOR, waitingFor);
  });
  await steps.run('give the echo module a volume and a backup schedule', async (waitingFor) => {
    await applyObjects(cluster, backupObjects());
    const spec = { persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } };
    await cluster.kubectl([...namespaced(cluster), 'patch', 'botmodule', 'echo', '--type=merge', '-p', JSON.stringify({ spec })]);
    await untilReady(cluster, { kind: 's3store', name: 'demo' }, waitingFor);
    await untilReady(cluster, { kind: 'backupschedule', name: 'nightly' }, waitingFor);
    await untilReady(cluster, { kind: 'botmodule', name: 'echo' }, waitingFor);
    await inPod(cluster, `fs.writeFileSync('${DIARY}', ${JSON.stringify(WRITTEN)})`);
  });
  const backup = await steps.run('back it up to S3', (waitingFor) => backedUp(cluster, waitingFor));
  await steps.run('lose its data', () => inPod(cluster, `fs.writeFileSync('${DIARY}', ${JSON.stringify(LOST)})`));
  await steps.run('restore it', async (waitingFor) => {
    await applyObjects(cluster, [restoreObject()]);
    await untilReady(cluster, { kind: 'backuprestore', name: 'echo-back' }, waitingFor);
    await untilReady(cluster, { kind: 'botmodule', name: 'echo' }, waitingFor);
  });
  const found = await inPod(cluster, `process.stdout.write(fs.readFileSync('${DIARY}', 'utf8'))`);
  console.log(
    `\n  backup:   ${backup.id}, ${backup.files} entries, ${backup.sizeBytes} bytes\n  lost:     ${LOST}\n  restored: ${found}\n`,
  );
  if (found !== WRITTEN) throw new Error(`the restored file holds ${JSON.stringify(found)}, not ${JSON.stringify(WRITTEN)}`);
}

/** Requests a backup at once, and waits for its outcome. */
async function backedUp(cluster: DemoCluster, waitingFor: (what: string) => void) {
  await cluster.kubectl([...namespaced(cluster), 'annotate', 'backupschedule', 'nightly', `eevee.bot/backup-now=${Date.now()}`]);
  return eventually(
    async () => {
      // The schedule's status contains only the outcome.
      const text = await cluster.kubectl([...namespaced(cluster), 'get', 'botmodule', 'echo', '-o', 'json']);
      const backup = (JSON.parse(text) as BotModule).status?.lastBackup;
      waitingFor(backup === undefined ? 'the Job is running' : `the Job has ${backup.result.toLowerCase()}`);
      if (backup !== undefined && backup.result !== 'Succeeded') throw new Error(`the backup is ${backup.result}: ${backup.message}`);
      return backup;
    },
    { what: 'a backup', timeoutMs: 120_000, intervalMs: 300 },
  );
}

/** Runs a line of JavaScript in the module's newest pod, which has no shell but has Node. @returns its output. */
async function inPod(cluster: DemoCluster, line: string): Promise<string> {
  const deployment = `deployment/${moduleDeploymentName('echo')}`;
  await cluster.kubectl([...namespaced(cluster), 'rollout', 'status', deployment, '--timeout=120s']);
  return cluster.kubectl([...namespaced(cluster), 'exec', deployment, '--', 'node', '-e', line]);
}

const namespaced = ({ namespace }: DemoCluster): readonly string[] => ['-n', namespace];
