import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { Store } from '@eeveebot/object-store';
import { eventually, type Fault, type FaultRule, type RgwServer, startFaultProxy, startRgwServer } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET, clockAhead, jobEnvironment, Tool } from './tool.ts';
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
  ])('stores and returns a volume of several parts with signature version %s', async (_, signatureV2) => {
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

  it.each([
    ['te+am ü', 'false'],
    ['te+am ü', 'true'],
  ])('lists and prunes under the prefix %s, with signature version 2: %s', async (prefix, signatureV2) => {
    const volume = folder.folder(`odd-${signatureV2}`);
    writeFileSync(`${volume}/file`, 'x');
    const env = jobEnvironment(rgw, volume, { S3_SIGNATURE_V2: signatureV2, S3_PREFIX: `${prefix}/${signatureV2}` });
    const first = await tool.run(['backup'], env);
    const second = await tool.run(['backup'], env);
    expect(await tool.run(['prune', '--keep-last', '1'], env)).toMatchObject({
      code: 0,
      result: { kept: [second.result.id], removed: [first.result.id], warnings: [] },
    });
  });

  it.each([
    ['the host name', '4', 'localhost', 'false', /^GET \/\?/],
    ['the host name', '2', 'localhost', 'true', /^GET \/\?/],
    // The client does so on its own.
    ['the path, behind an address', '4', '127.0.0.1', 'false', /^GET \/backups\/?\?/],
    ['the path, behind an address', '2', '127.0.0.1', 'true', /^GET \/backups\/?\?/],
  ])('accepts requests with the bucket in %s, with signature version %s', async (_, __, host, signatureV2, listing) => {
    await using proxy = await startFaultProxy(rgw.port);
    const volume = folder.folder('hosts');
    writeFileSync(`${volume}/random`, randomBytes(9 * 1024 * 1024));
    const env = jobEnvironment({ endpoint: `${host}:${new URL(proxy.endpoint).port}`, credentials: rgw.credentials }, volume, {
      S3_SIGNATURE_V2: signatureV2,
      S3_PATH_STYLE: 'false',
      S3_PREFIX: 'hosts',
      NODE_OPTIONS: SUBDOMAINS_OF_LOCALHOST,
    });
    expect(await tool.run(['backup'], env)).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(await tool.run(['verify'], env)).toMatchObject({ code: 0 });
    expect(proxy.requests[0]).toMatch(listing);
    expect(await tool.run(['list'], { ...env, S3_SECRET_KEY: 'wrong' })).toMatchObject({ code: 77 });
  });

  it.each(['false', 'true'])('rejects a wrong key, with signature version 2: %s', async (signatureV2) => {
    const env = jobEnvironment(rgw, folder.folder('data'), { S3_SIGNATURE_V2: signatureV2, S3_SECRET_KEY: 'wrong' });
    expect(await tool.run(['list'], env)).toMatchObject({
      code: 77,
      result: { error: expect.stringContaining('denied access') },
    });
  });

  it.each(['false', 'true'])(
    'returns the time for a clock that is 20 minutes behind, with signature version 2: %s',
    async (signatureV2) => {
      const volume = folder.folder(`late-${signatureV2}`);
      writeFileSync(`${volume}/random`, randomBytes(20 * 1024 * 1024));
      const env = jobEnvironment(rgw, volume, {
        S3_SIGNATURE_V2: signatureV2,
        S3_PREFIX: `late-${signatureV2}`,
        NODE_OPTIONS: clockAhead(-20),
      });
      const made = await tool.run(['backup'], env);
      expect(made).toMatchObject({
        code: 0,
        result: { warnings: [expect.stringContaining('the clocks of this machine and of the store differ')] },
      });
      expect(made.stderr).toContain('synchronize the clocks');
      expect(await tool.run(['verify'], env)).toMatchObject({ code: 0 });
    },
  );

  it.each(['false', 'true'])('reports a missing bucket, with signature version 2: %s', async (signatureV2) => {
    const env = jobEnvironment(rgw, folder.folder('data'), { S3_SIGNATURE_V2: signatureV2, S3_BUCKET: 'nothing-here' });
    expect(await tool.run(['list'], env)).toMatchObject({
      code: 64,
      result: { error: expect.stringContaining('the bucket does not exist') },
    });
  });

  it('with an exhausted user quota fails a backup with 74 without leftovers', async () => {
    const volume = folder.folder('full');
    writeFileSync(`${volume}/random`, randomBytes(20 * 1024 * 1024));
    const env = jobEnvironment(rgw, volume, { S3_PREFIX: 'full' });
    await rgw.setQuota(4096);
    const made = await tool.run(['backup'], env);
    await rgw.setQuota(undefined);
    expect(made).toMatchObject({ code: 74, result: { error: expect.stringMatching(/is full.*403 QuotaExceeded/) } });
    expect(await uploadsLeft(rgw, 'full/')).toEqual([]);
  });

  describe('behind a fault proxy', () => {
    const isPart = ({ method, url }: { method: string; url: string }) => method === 'PUT' && url.includes('partNumber=2');
    const isCreate = ({ method, url }: { method: string; url: string }) => method === 'POST' && url.includes('uploads');
    const isComplete = ({ method, url }: { method: string; url: string }) =>
      method === 'POST' && url.includes('uploadId=') && !url.includes('uploads');

    it.each<[string, Fault, FaultRule['strikes']]>([
      ['a damaged part', { kind: 'corrupt-upload', afterBytes: 100_000 }, isPart],
      ['a lost response to a part', { kind: 'lose-answer' }, isPart],
      ['a lost response to CreateMultipartUpload', { kind: 'lose-answer' }, isCreate],
      ['a lost response to CompleteMultipartUpload', { kind: 'lose-answer' }, isComplete],
    ])('completes a backup after %s', async (_, fault, strikes) => {
      await using proxy = await startFaultProxy(rgw.port);
      proxy.add({ fault, strikes });
      const volume = folder.folder('faults');
      writeFileSync(`${volume}/random`, randomBytes(20 * 1024 * 1024));
      const env = jobEnvironment({ endpoint: proxy.endpoint, credentials: rgw.credentials }, volume, { S3_PREFIX: 'faults' });
      expect(await tool.run(['backup'], env)).toMatchObject({ code: 0, result: { warnings: [] } });
      expect(await tool.run(['verify'], env)).toMatchObject({ code: 0 });
      expect(await uploadsLeft(rgw, 'faults/')).toEqual([]);
    });
  });

  it('keeps nothing of an aborted upload', async () => {
    const volume = folder.folder('killed');
    writeFileSync(`${volume}/random`, randomBytes(40 * 1024 * 1024));
    await using proxy = await startFaultProxy(rgw.port);
    const env = jobEnvironment({ endpoint: proxy.endpoint, credentials: rgw.credentials }, volume, { S3_PREFIX: 'killed' });
    const running = tool.start(['backup'], env);
    await eventually(() => proxy.requests.some((request) => request.includes('partNumber=2')), { what: 'the second part' });
    running.process.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143 });
    expect(await uploadsLeft(rgw, 'killed/')).toEqual([]);
    const store = await Store.open(locationOf(rgw));
    const left: string[] = [];
    for await (const { key } of store.list('killed/')) left.push(key);
    store.close();
    expect(left).toEqual([]);
  });
});

/** Node uses the system resolver, and not every system implements RFC 6761 for these names. */
const SUBDOMAINS_OF_LOCALHOST = `--import=data:text/javascript,${encodeURIComponent(
  "import dns from 'node:dns';const lookup=dns.lookup;dns.lookup=(name,...more)=>lookup(name.endsWith('.localhost')?'127.0.0.1':name,...more)",
)}`;

const locationOf = ({ endpoint, region, credentials }: RgwServer) => ({
  endpoint,
  region,
  credentials,
  bucket: BUCKET,
  pathStyle: true,
  signatureV2: false,
});

async function uploadsLeft(rgw: RgwServer, prefix: string): Promise<readonly string[]> {
  const store = await Store.open(locationOf(rgw));
  const left: string[] = [];
  for await (const { key } of store.pendingUploads(prefix)) left.push(key);
  store.close();
  return left;
}

/** The tool does not create buckets, because its credentials usually may not. */
async function makeBucket(rgw: RgwServer): Promise<void> {
  const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint: rgw.endpoint, region: rgw.region, credentials: rgw.credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
}
