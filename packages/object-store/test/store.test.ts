import { type FaultProxy, type S3Server, startFaultProxy, startS3Server } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backupById, latestBackup, listBackups, probe, Store, StoreError, type StoreLocation } from '../src/index.ts';

const BUCKET = 'backups';
const OWNER = { namespace: 'chat', moduleName: 'seen' };

describe('a bucket', () => {
  let s3: S3Server;
  let proxy: FaultProxy;
  let store: Store;
  const location = (more: Partial<StoreLocation> = {}): StoreLocation => ({
    endpoint: proxy.endpoint,
    bucket: BUCKET,
    region: s3.region,
    pathStyle: true,
    signatureV2: false,
    credentials: s3.credentials,
    ...more,
  });
  const write = (key: string, text = key) => store.put(key, Buffer.from(text), { contentType: 'text/plain' });

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    proxy = await startFaultProxy(s3.port);
    store = await Store.open(location());
  });
  afterAll(async () => {
    store?.close();
    await proxy?.[Symbol.asyncDispose]();
    await s3?.stop();
  });

  it('gives back what was put there, and nothing for what was not', async () => {
    await write('a/text', 'hello ü');
    expect(await store.text('a/text')).toBe('hello ü');
    expect(await store.head('a/text')).toMatchObject({ key: 'a/text', sizeBytes: 8, lastModified: expect.any(Date) });
    expect(await store.text('a/nothing')).toBeUndefined();
    expect(await store.head('a/nothing')).toBeUndefined();
    await store.delete('a/text');
    await store.delete('a/text');
    expect(await store.head('a/text')).toBeUndefined();
  });

  it('is listed page by page', async () => {
    for (let index = 0; index < 5; index++) await write(`pages/${index}`);
    const keys: string[] = [];
    for await (const { key } of store.list('pages/', { pageSize: 2 })) keys.push(key);
    expect(keys).toEqual(['pages/0', 'pages/1', 'pages/2', 'pages/3', 'pages/4']);
  });

  it('knows the backups of a module, of today and of former releases, and no others', async () => {
    const prefixed = await Store.open(location({ prefix: 'team' }));
    await write('team/chat/seen/one.tar.gz');
    await write('team/chat/seen/one.json');
    await write('teamchat/seen/two.tar.gz');
    await write('team/chat/seen2/three.tar.gz');
    await write('team/chat/seen/deeper/four.tar.gz');
    const found = await listBackups(prefixed, OWNER);
    expect(found.map(({ id, hasSidecar }) => [id, hasSidecar]).toSorted()).toEqual([
      ['one', true],
      ['two', false],
    ]);
    expect(await backupById(prefixed, OWNER, 'two')).toMatchObject({ key: 'teamchat/seen/two.tar.gz', hasSidecar: false });
    expect(await backupById(prefixed, OWNER, 'three')).toBeUndefined();
    expect(await latestBackup(prefixed, { ...OWNER, moduleName: 'nobody' })).toBeUndefined();
    prefixed.close();
  });

  it('is tested by listing one key', async () => {
    proxy.clear();
    await probe(store);
    expect(proxy.requests).toEqual([expect.stringMatching(/^GET \/backups.*max-keys=1/)]);
  });

  it.each<[string, Partial<StoreLocation>, StoreError['kind']]>([
    ['a bucket that does not exist', { bucket: 'nothing-here' }, 'no-such-bucket'],
    ['a wrong secret key', { credentials: { accessKeyId: 'x', secretAccessKey: 'y' } }, 'denied'],
    ['a port where nobody listens', { endpoint: 'http://127.0.0.1:9' }, 'refused'],
    ['a name that does not resolve', { endpoint: 'nowhere.invalid' }, 'address'],
    ['a server that speaks no TLS', { endpoint: 'https://127.0.0.1' }, 'tls'],
  ])('tells %s apart', async (_, more, kind) => {
    const endpoint = kind === 'tls' ? proxy.endpoint.replace('http:', 'https:') : undefined;
    const wrong = await Store.open(location({ ...more, ...(endpoint === undefined ? {} : { endpoint }) }), { retry: { attempts: 1 } });
    const error = await probe(wrong).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ kind });
    expect((error as Error).message).not.toContain(s3.credentials.secretAccessKey);
    wrong.close();
  });

  it('that does not answer is given up in time', async () => {
    s3.pause();
    const impatient = await Store.open(location(), { limits: { idleMs: 200 }, retry: { attempts: 1 } });
    await expect(probe(impatient)).rejects.toMatchObject({ kind: expect.stringMatching(/timeout|interrupted/) });
    impatient.close();
    s3.resume();
  });

  it('is asked five times, with growing pauses and no sooner than it wants', async () => {
    proxy.clear();
    const delays: number[] = [];
    proxy.add({ fault: { kind: 'answer', status: 503, headers: { 'retry-after': '2' } }, strikes: () => true, times: 99 });
    const patient = await Store.open(location(), {
      retry: {
        random: () => 1,
        wait: async (delayMs) => {
          delays.push(delayMs);
        },
      },
    });
    await expect(probe(patient)).rejects.toMatchObject({ kind: 'server', retryAfterMs: 2_000 });
    expect(proxy.requests).toHaveLength(5);
    expect(delays).toEqual([2_500, 3_000, 4_000, 6_000]);
    proxy.clear();
    patient.close();
  });

  it('ends at once when it is told to', async () => {
    await expect(probe(store, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
