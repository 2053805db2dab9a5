import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { Store } from '@eeveebot/object-store';
import { type RgwServer, startRgwServer } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET, jobEnvironment, Tool } from './tool.ts';
import { describeTree, fillTree, TemporaryFolder } from './trees.ts';

describe("Ceph's S3 server", () => {
  let rgw: RgwServer;
  let tool: Tool;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    rgw = await startRgwServer();
    tool = new Tool();
    folder = new TemporaryFolder();
    await makeBucket(rgw);
  });
  afterAll(async () => {
    folder?.[Symbol.dispose]();
    tool?.[Symbol.dispose]();
    await rgw?.stop();
  });

  it.each([
    ['4', 'false'],
    ['2', 'true'],
  ])('takes and gives back a volume of several parts with signature version %s', async (_, signatureV2) => {
    const volume = folder.folder(`data-${signatureV2}`);
    fillTree(volume);
    writeFileSync(`${volume}/random`, randomBytes(20 * 1024 * 1024));
    const before = describeTree(volume);
    const env = jobEnvironment(rgw, volume, { S3_SIGNATURE_V2: signatureV2, S3_PREFIX: `v${signatureV2}` });
    const made = await tool.run(['backup'], env);
    expect(made).toMatchObject({ code: 0, result: { warnings: [] } });
    rmSync(volume, { recursive: true });
    mkdirSync(volume);
    expect(await tool.run(['restore'], { ...env, RESTORE_CLEAN: 'true' })).toMatchObject({ code: 0, result: { id: made.result.id } });
    expect(describeTree(volume)).toEqual(before);
    expect((await tool.run(['list'], env)).result['backups']).toEqual([expect.objectContaining({ id: made.result.id, verifiable: true })]);
    expect(await tool.run(['prune', '--keep-last', '1'], env)).toMatchObject({ code: 0, result: { kept: [made.result.id] } });
  });

  it.each(['false', 'true'])('refuses a wrong key, with signature version 2: %s', async (signatureV2) => {
    const env = jobEnvironment(rgw, folder.folder('data'), { S3_SIGNATURE_V2: signatureV2, S3_SECRET_KEY: 'wrong' });
    expect(await tool.run(['list'], env)).toMatchObject({
      code: 77,
      result: { error: expect.stringContaining('refused the credentials') },
    });
  });

  it('has nothing left of an upload that was given up', async () => {
    const volume = folder.folder('killed');
    writeFileSync(`${volume}/random`, randomBytes(40 * 1024 * 1024));
    const running = tool.start(['backup'], jobEnvironment(rgw, volume, { S3_PREFIX: 'killed' }));
    running.process.stderr?.once('data', () => running.process.kill('SIGTERM'));
    expect(await running.ended).toMatchObject({ code: 143 });
    const store = await Store.open({ ...locationOf(rgw) });
    const left: string[] = [];
    for await (const { key } of store.pendingUploads('killed/')) left.push(key);
    for await (const { key } of store.list('killed/')) left.push(key);
    store.close();
    expect(left).toEqual([]);
  });
});

const locationOf = ({ endpoint, region, credentials }: RgwServer) => ({
  endpoint,
  region,
  credentials,
  bucket: BUCKET,
  pathStyle: true,
  signatureV2: false,
});

/** The tool makes no buckets: an operator's key mostly may not. */
async function makeBucket(rgw: RgwServer): Promise<void> {
  const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint: rgw.endpoint, region: rgw.region, credentials: rgw.credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
}
