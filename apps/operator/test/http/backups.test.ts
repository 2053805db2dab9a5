import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/resource-types/kubernetes.ts';
import { BACKUP_ID, WITH_VOLUME } from '../use-backup-world.ts';
import { startOperator } from '../running-operator.ts';
import { backupSchedule, botModule, newNamespace, s3Store, storeArchive, untilReady } from '../world.ts';
import { ApiClient } from './api-client.ts';
import { TOKEN, useHttpApi } from './use-http-api.ts';

interface List<T> {
  readonly items: readonly T[];
}

describe('HTTP API for backups', () => {
  const { world, client, ready } = useHttpApi({ s3: true });
  let kube: ControlPlane;
  let s3: S3Server;
  let namespace: string;

  beforeAll(() => {
    ({ kube, s3, namespace } = world);
  });

  describe('backups', () => {
    const jobs = async (name: string) => (await kube.get<List<Job>>('jobs', '-l', `eevee.bot/module=${name}`, '-n', namespace)).items;

    it('are started at once, one at a time, from the CronJob', async () => {
      await kube.apply(
        ...s3Store('store', namespace, s3),
        backupSchedule('nightly', namespace),
        botModule('kept', namespace, { ...WITH_VOLUME, backupSchedule: { name: 'nightly' } }),
        botModule('loose', namespace, WITH_VOLUME),
      );
      await ready('kept');
      await eventually(() => kube.kubectl(['get', 'cronjob', 'nightly-kept-backup', '-n', namespace, '-o', 'name']));
      await using friend = client(TOKEN);
      const both = await Promise.all([1, 2].map(() => friend.post('/api/action/backup-now', { moduleName: 'kept' })));
      expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      const [job, ...others] = await jobs('kept');
      expect(others).toEqual([]);
      expect(both.find(({ status }) => status === 200)?.json).toMatchObject({ job: job?.metadata.name });
      expect(job?.metadata.ownerReferences).toMatchObject([{ kind: 'CronJob', name: 'nightly-kept-backup', controller: true }]);
      const [container] = job?.spec?.template.spec?.containers ?? [];
      expect(container?.args ?? container?.command).toContain('backup');
      expect(await friend.post('/api/action/backup-now', { moduleName: 'loose' })).toMatchObject({
        status: 409,
        json: { details: expect.stringContaining('it has no BackupSchedule') },
      });
      expect((await friend.post('/api/action/backup-now', { moduleName: 'missing' })).status).toBe(404);
    });

    it('are started once by several replicas that are asked at the same time', async () => {
      const own = await newNamespace(kube);
      const env = { LEADER_ELECTION: 'true', OPERATOR_RELEASE: `${own}/operator`, EEVEE_OPERATOR_API_TOKEN: TOKEN };
      await using leader = await startOperator({ kubeconfig: kube.kubeconfig, namespace: own, env });
      await using standby = await startOperator({ kubeconfig: kube.kubeconfig, namespace: own, env });
      await kube.apply(
        ...s3Store('store', own, s3),
        backupSchedule('nightly', own),
        botModule('kept', own, { ...WITH_VOLUME, backupSchedule: { name: 'nightly' } }),
      );
      await untilReady(kube, { kind: 'botmodule', name: 'kept', namespace: own }, 'Ready');
      await eventually(() => kube.kubectl(['get', 'cronjob', 'nightly-kept-backup', '-n', own, '-o', 'name']));
      await leader.idle();
      await using one = new ApiClient(leader.url, TOKEN);
      await using other = new ApiClient(standby.url, TOKEN);
      const ask = () => Promise.all([one, other].map((user) => user.post('/api/action/backup-now', { moduleName: 'kept' })));
      const statuses = async () => (await ask()).map(({ status }) => status).toSorted();
      const made = async () => (await kube.get<List<Job>>('jobs', '-n', own)).items.map(({ metadata }) => metadata.name);
      expect([await statuses(), await made()]).toEqual([[200, 409], [expect.stringMatching(/^nightly-kept-backup-now-/)]]);

      await kube.kubectl(['delete', 'job', '--all', '-n', own]);
      await eventually(async () => (await statuses()).includes(200), { what: 'a backup after the first one' });
      expect(await made()).toHaveLength(1);
    });

    it('are listed, the newest first', async () => {
      const module = { ...WITH_VOLUME, backupSchedule: { name: 'daily' } };
      await kube.apply(
        ...s3Store('shelf', namespace, s3),
        backupSchedule('daily', namespace, { s3Store: { name: 'shelf' } }),
        botModule('listed', namespace, module),
      );
      await untilReady(kube, { kind: 's3store', name: 'shelf', namespace }, 'ConnectionSuccessful');
      await eventually(() => kube.kubectl(['get', 'cronjob', 'daily-listed-backup', '-n', namespace, '-o', 'name']));
      await using friend = client(TOKEN);
      expect((await friend.get('/api/backups?moduleName=listed')).json).toEqual([]);
      storeArchive(s3, { namespace, module: 'listed', id: BACKUP_ID });
      const { json } = await friend.get(`/api/backups?moduleName=listed&namespace=${namespace}`);
      expect(json).toEqual([
        {
          id: BACKUP_ID,
          key: `${namespace}/listed/${BACKUP_ID}.tar.gz`,
          s3Store: 'shelf',
          time: expect.stringMatching(/Z$/),
          sizeBytes: 8,
          compression: 'gzip',
          described: false,
          verified: false,
          failed: false,
          held: false,
        },
      ]);
    });

    it('that cannot be listed are never reported as an empty list', async () => {
      const wrong = { s3Store: { name: 'unreachable' } };
      await kube.apply(
        ...s3Store('unreachable', namespace, s3, { endpoint: 'http://127.0.0.1:9' }),
        botModule('stuck', namespace, { ...WITH_VOLUME, bootstrapFromBackup: wrong }),
        botModule('lost', namespace, { ...WITH_VOLUME, bootstrapFromBackup: { s3Store: { name: 'nowhere' } } }),
        botModule('none', namespace),
      );
      await ready('none');
      await using friend = client(TOKEN);
      const ask = (name: string) =>
        eventually(async () => {
          const answer = await friend.get(`/api/backups?moduleName=${name}`);
          return answer.status !== 404 && answer;
        });
      expect(await ask('stuck')).toMatchObject({
        status: 502,
        json: { details: expect.stringContaining('no connection to http://127.0.0.1:9') },
      });
      expect(await ask('lost')).toMatchObject({ status: 409, json: { details: expect.stringContaining('no S3Store nowhere') } });
      expect(await ask('none')).toMatchObject({ status: 409, json: { details: expect.stringContaining('it has no store') } });
      expect((await friend.get('/api/backups')).status).toBe(400);
      expect((await friend.get('/api/backups?moduleName=a&moduleName=b')).status).toBe(400);
    });
  });
});
