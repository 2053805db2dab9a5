import { randomBytes } from 'node:crypto';
import { Store, type StoreLocation } from '@eeveebot/object-store';
import { type FaultProxy, type FaultRule, type S3Server, startFaultProxy, startS3Server } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { download } from '../src/transfer/download.ts';
import { abortStaleUploads, uploadObject } from '../src/transfer/upload.ts';
import { BUCKET } from './tool.ts';

const MIB = 1024 * 1024;

async function* chunksOf(content: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += bytes) yield content.subarray(at, at + bytes);
}

describe('a transfer', () => {
  let s3: S3Server;
  let proxy: FaultProxy;
  let store: Store;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    proxy = await startFaultProxy(s3.port);
    const location: StoreLocation = {
      endpoint: proxy.endpoint,
      bucket: BUCKET,
      region: s3.region,
      pathStyle: true,
      signatureV2: false,
      credentials: s3.credentials,
    };
    store = await Store.open(location, { retry: { wait: async () => undefined } });
  });
  afterAll(async () => {
    store?.close();
    await proxy?.[Symbol.asyncDispose]();
    await s3?.stop();
  });

  const content = async (key: string): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of download(store, key, { signal, idleMs: 300 })) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  const pending = async (): Promise<readonly string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.pendingUploads('')) keys.push(key);
    return keys;
  };

  it.each([0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 24 * MIB, 30 * MIB + 7])('of %i bytes arrives unchanged', async (bytes) => {
    const sent = randomBytes(bytes);
    const uploaded = await uploadObject(store, `sizes/${bytes}`, chunksOf(sent, 777_777), { sourceBytes: bytes, signal });
    expect(uploaded.sizeBytes).toBe(bytes);
    expect((await content(`sizes/${bytes}`)).equals(sent)).toBe(true);
  });

  it('of one part is one request', async () => {
    proxy.clear();
    await uploadObject(store, 'small', chunksOf(Buffer.from('x'), 1), { sourceBytes: 1, signal });
    expect(proxy.requests.map((request) => request.split(' ')[0])).toEqual(['PUT', 'HEAD']);
  });

  it('that stalls is resumed at the same position', async () => {
    const sent = randomBytes(3 * MIB);
    await uploadObject(store, 'stalls', chunksOf(sent, MIB), { sourceBytes: sent.length, signal });
    proxy.add({ fault: { kind: 'stall', afterBytes: MIB + 5 }, strikes: ({ method }) => method === 'GET', times: 2 });
    expect((await content('stalls')).equals(sent)).toBe(true);
  });

  it('of an object that is replaced in the meantime fails', async () => {
    const [first, second] = [randomBytes(3 * MIB), randomBytes(3 * MIB)];
    await uploadObject(store, 'replaced', chunksOf(first, MIB), { sourceBytes: 1, signal });
    proxy.add({ fault: { kind: 'stall', afterBytes: MIB }, strikes: ({ method }) => method === 'GET' });
    const reading = content('replaced');
    await uploadObject(store, 'replaced', chunksOf(second, MIB), { sourceBytes: 1, signal });
    await expect(reading).rejects.toMatchObject({ kind: 'changed' });
  });

  it('that is damaged in transit is retried', async () => {
    const sent = randomBytes(20 * MIB);
    proxy.clear();
    proxy.add({ fault: { kind: 'corrupt-upload', afterBytes: 12_345 }, strikes: ({ url }) => url.includes('partNumber=2') });
    await uploadObject(store, 'damaged', chunksOf(sent, MIB), { sourceBytes: sent.length, signal });
    expect(proxy.requests.filter((request) => request.includes('partNumber=2'))).toHaveLength(2);
    expect((await content('damaged')).equals(sent)).toBe(true);
  });

  const isHead = ({ method }: { method: string }) => method === 'HEAD';
  const isUploads = ({ method, url }: { method: string; url: string }) => method === 'GET' && url.includes('uploads');

  it.each<[string, number, readonly FaultRule[]]>([
    ['cannot be checked', MIB, [{ fault: { kind: 'answer', status: 503 }, strikes: isHead, times: 99 }]],
    ['cannot be checked', 20 * MIB, [{ fault: { kind: 'answer', status: 503 }, strikes: isHead, times: 99 }]],
    ['differs from the upload', MIB, [{ fault: { kind: 'answer', status: 200, headers: { 'content-length': '5' } }, strikes: isHead }]],
    [
      'differs from the upload',
      20 * MIB,
      [{ fault: { kind: 'answer', status: 200, headers: { 'content-length': '5' } }, strikes: isHead }],
    ],
    [
      'cannot be checked, without permission to list uploads,',
      20 * MIB,
      [
        { fault: { kind: 'answer', status: 503 }, strikes: isHead, times: 99 },
        { fault: { kind: 'answer', status: 403 }, strikes: isUploads, times: 99 },
      ],
    ],
  ])('of an object that afterwards %s leaves no leftovers (%i bytes)', async (_, bytes, rules) => {
    for (const rule of rules) proxy.add(rule);
    const uploading = uploadObject(store, 'unsure', chunksOf(randomBytes(bytes), MIB), { sourceBytes: bytes, signal });
    await expect(uploading).rejects.toMatchObject({ kind: 'server' });
    proxy.clear();
    expect(await store.head('unsure')).toBeUndefined();
    expect(await pending()).toEqual([]);
  });

  it('from a store that restarts instead of resuming fails', async () => {
    const sent = randomBytes(3 * MIB);
    await uploadObject(store, 'restarted', chunksOf(sent, MIB), { sourceBytes: sent.length, signal });
    let asked = 0;
    const isFirst = ({ method }: { method: string }) => method === 'GET' && asked++ === 0;
    proxy.add({ fault: { kind: 'cut', afterBytes: MIB }, strikes: isFirst });
    proxy.add({ fault: { kind: 'answer', status: 200, body: 'the beginning' }, strikes: ({ method }) => method === 'GET' });
    await expect(content('restarted')).rejects.toMatchObject({ kind: 'rejected' });
    proxy.clear();
  });

  it('that resumes with a different length belongs to a different object', async () => {
    const sent = randomBytes(3 * MIB);
    await uploadObject(store, 'longer', chunksOf(sent, MIB), { sourceBytes: sent.length, signal });
    const etag = `"${(await store.head('longer'))?.etag}"`;
    proxy.add({ fault: { kind: 'cut', afterBytes: MIB }, strikes: ({ method }) => method === 'GET' });
    let from = 0;
    const reading = (async () => {
      for await (const chunk of download(store, 'longer', { signal, onProgress: (bytes) => (from += bytes) })) {
        proxy.clear();
        proxy.add({
          fault: { kind: 'answer', status: 206, headers: { etag, 'content-range': `bytes ${from}-${from + 4}/99` }, body: 'other' },
          strikes: ({ method }) => method === 'GET',
        });
        expect(chunk.length).toBeGreaterThan(0);
      }
    })();
    await expect(reading).rejects.toMatchObject({ kind: 'changed' });
    proxy.clear();
  });

  it('that is throttled waits as long as the store requests', async () => {
    await uploadObject(store, 'busy', chunksOf(Buffer.from('x'), 1), { sourceBytes: 1, signal });
    const delays: number[] = [];
    const patient = await Store.open(store.location, {
      retry: {
        random: () => 0,
        wait: async (delayMs) => {
          delays.push(delayMs);
        },
      },
    });
    proxy.add({
      fault: { kind: 'answer', status: 503, headers: { 'retry-after': '7' } },
      strikes: ({ method }) => method === 'GET',
      times: 2,
    });
    const chunks: Buffer[] = [];
    for await (const chunk of download(patient, 'busy', { signal })) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('x');
    expect(delays).toEqual([7_000, 7_000]);
    patient.close();
  });

  it('does not start after an abort', async () => {
    proxy.clear();
    const ended = AbortSignal.abort(new Error('enough'));
    const uploading = uploadObject(store, 'never', chunksOf(Buffer.from('x'), 1), { sourceBytes: 1, signal: ended });
    await expect(uploading).rejects.toThrow('enough');
    expect(proxy.requests).toEqual([]);
  });

  it('whose source fails leaves no leftovers', async () => {
    async function* failing() {
      yield* chunksOf(randomBytes(20 * MIB), MIB);
      throw new Error('the disk failed');
    }
    await expect(uploadObject(store, 'fails', failing(), { sourceBytes: 1, signal })).rejects.toThrow('the disk failed');
    expect(await store.head('fails')).toBeUndefined();
    expect(await pending()).toEqual([]);
  });

  it('that was abandoned long ago is removed, and no other', async () => {
    await store.beginUpload('old/a', { contentType: 'x' });
    await store.beginUpload('other/a', { contentType: 'x' });
    const later = () => new Date(Date.now() + 60_000);
    expect(await abortStaleUploads(store, 'old/', { ageMs: 3_600_000, now: later, signal })).toBe(0);
    expect(await abortStaleUploads(store, 'old/', { ageMs: 30_000, now: later, signal })).toBe(1);
    expect(await pending()).toEqual(['other/a']);
    await abortStaleUploads(store, '', { ageMs: 30_000, now: later, signal });
  });

  it('that was begun just now is not abandoned on a machine whose clock is days ahead', async () => {
    await store.beginUpload('new/a', { contentType: 'x' });
    const ahead = () => new Date(Date.now() + 48 * 3_600_000);
    expect(await abortStaleUploads(store, 'new/', { ageMs: 24 * 3_600_000, now: ahead, signal })).toBe(0);
    await abortStaleUploads(store, 'new/', { ageMs: -60_000, now: ahead, signal });
    expect(await pending()).toEqual([]);
  });
});
