import { createServer, type IncomingMessage } from 'node:http';
import { connect as connectTo, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { certificateAuthority, startFaultProxy } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backupById, latestBackup, listBackups, probe, proxiesOf, Store, StoreError, type StoreLocation } from '../src/index.ts';
import { useStoreProxy } from './use-store-proxy.ts';

const BUCKET = 'backups';
const OWNER = { namespace: 'chat', moduleName: 'seen' };

describe('a bucket', () => {
  const servers = useStoreProxy(BUCKET);
  let store: Store;
  const { location } = servers;
  const write = (key: string, text = key) => store.put(key, Buffer.from(text), { contentType: 'text/plain' });

  beforeAll(async () => {
    store = await Store.open(location());
  });
  afterAll(() => store?.close());

  it('returns stored objects, and nothing for missing ones', async () => {
    await write('a/text', 'hello ü');
    expect(await store.text('a/text')).toBe('hello ü');
    expect(await store.head('a/text')).toMatchObject({ key: 'a/text', sizeBytes: 8, lastModified: expect.any(Date) });
    expect(await store.text('a/nothing')).toBeUndefined();
    expect(await store.head('a/nothing')).toBeUndefined();
    await store.delete('a/text');
    await store.delete('a/text');
    expect(await store.head('a/text')).toBeUndefined();
  });

  it('treats an object deleted by another process as deleted', async () => {
    const body = '<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>';
    servers.proxy.add({ fault: { kind: 'answer', status: 404, body }, strikes: ({ method }) => method === 'DELETE' });
    await store.delete('a/gone');
    const missing = body.replace('NoSuchKey', 'NoSuchBucket');
    servers.proxy.add({ fault: { kind: 'answer', status: 404, body: missing }, strikes: ({ method }) => method === 'DELETE' });
    await expect(store.delete('a/gone')).rejects.toMatchObject({ kind: 'no-such-bucket' });
  });

  it('is listed page by page', async () => {
    for (let index = 0; index < 5; index++) await write(`pages/${index}`);
    const keys: string[] = [];
    for await (const { key } of store.list('pages/', { pageSize: 2 })) keys.push(key);
    expect(keys).toEqual(['pages/0', 'pages/1', 'pages/2', 'pages/3', 'pages/4']);
  });

  it('that does not exist does not count as an empty one', async () => {
    const wrong = await Store.open(location({ bucket: 'nothing-here' }));
    await expect(backupById(wrong, OWNER, '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d')).rejects.toMatchObject({ kind: 'no-such-bucket' });
    await expect(latestBackup(wrong, OWNER)).rejects.toMatchObject({ kind: 'no-such-bucket' });
    wrong.close();
  });

  it('is reached with TLS through its own authority only', async () => {
    const [authority, other] = await Promise.all([certificateAuthority('ours'), certificateAuthority('another')]);
    const { key, certificate: cert } = await authority.issue({ commonName: 'store', hosts: ['127.0.0.1'] });
    await using tls = await startFaultProxy(servers.s3.port, { tls: { key, cert } });
    const kinds = await Promise.all(
      [authority.certificate, other.certificate, undefined].map(async (ca) => {
        const secure = await Store.open(location({ endpoint: tls.endpoint, ...(ca === undefined ? {} : { ca }) }), {
          retry: { attempts: 1 },
        });
        const error = await probe(secure).catch((cause: unknown) => cause);
        secure.close();
        return error instanceof StoreError ? error.kind : error;
      }),
    );
    expect(kinds).toEqual([undefined, 'tls', 'tls']);
  });

  it('is reached with TLS through a proxy, which sees only the host', async () => {
    const authority = await certificateAuthority('ours');
    const { key, certificate: cert } = await authority.issue({ commonName: 'store', hosts: ['store.invalid'] });
    await using tls = await startFaultProxy(servers.s3.port, { tls: { key, cert } });
    const connects: string[] = [];
    const tunnel = createServer().on('connect', (request: IncomingMessage, socket: Duplex) => {
      connects.push(request.url ?? '');
      const onward = connectTo(Number(new URL(tls.endpoint).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
    });
    await new Promise<void>((resolve) => tunnel.listen(0, '127.0.0.1', resolve));
    const { proxies } = proxiesOf({ HTTPS_PROXY: `127.0.0.1:${(tunnel.address() as AddressInfo).port}` });
    const endpoint = 'https://store.invalid:9443';
    const [trusting, other] = [
      await Store.open(location({ endpoint, ca: authority.certificate }), { proxies, retry: { attempts: 1 } }),
      await Store.open(location({ endpoint }), { proxies, retry: { attempts: 1 } }),
    ];
    await probe(trusting);
    await expect(probe(other)).rejects.toMatchObject({ kind: 'tls' });
    expect(new Set(connects)).toEqual(new Set(['store.invalid:9443']));
    trusting.close();
    other.close();
    tunnel.closeAllConnections();
    tunnel.close();
  });

  it('that truncates a listing without a continuation fails the listing', async () => {
    const body = '<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents></ListBucketResult>';
    servers.proxy.add({ fault: { kind: 'answer', status: 200, body }, strikes: () => true });
    await expect(listBackups(store, OWNER)).rejects.toMatchObject({ kind: 'rejected' });
    servers.proxy.clear();
  });

  it('is tested by listing one key', async () => {
    servers.proxy.clear();
    await probe(store);
    expect(servers.proxy.requests).toEqual([expect.stringMatching(/^GET \/backups.*max-keys=1/)]);
  });

  it.each<[string, Partial<StoreLocation>, StoreError['kind']]>([
    ['a bucket that does not exist', { bucket: 'nothing-here' }, 'no-such-bucket'],
    ['another region', { region: 'eu-central-1' }, 'region'],
    ['a wrong secret key', { credentials: { accessKeyId: 'x', secretAccessKey: 'y' } }, 'denied'],
    ['a port without a listener', { endpoint: 'http://127.0.0.1:9' }, 'refused'],
    ['a name that does not resolve', { endpoint: 'nowhere.invalid' }, 'address'],
    ['a server without TLS', { endpoint: 'https://127.0.0.1' }, 'tls'],
  ])('distinguishes %s', async (_, more, kind) => {
    const endpoint = kind === 'tls' ? servers.proxy.endpoint.replace('http:', 'https:') : undefined;
    const wrong = await Store.open(location({ ...more, ...(endpoint === undefined ? {} : { endpoint }) }), { retry: { attempts: 1 } });
    const error = await probe(wrong).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ kind });
    expect((error as Error).message).not.toContain(servers.s3.credentials.secretAccessKey);
    wrong.close();
  });

  it('that does not respond causes a timeout', async () => {
    servers.s3.pause();
    const impatient = await Store.open(location(), { limits: { idleMs: 200 }, retry: { attempts: 1 } });
    await expect(probe(impatient)).rejects.toMatchObject({ kind: expect.stringMatching(/timeout|interrupted/) });
    impatient.close();
    servers.s3.resume();
  });

  it('is requested five times, with growing delays that honor Retry-After', async () => {
    servers.proxy.clear();
    const delays: number[] = [];
    servers.proxy.add({ fault: { kind: 'answer', status: 503, headers: { 'retry-after': '2' } }, strikes: () => true, times: 99 });
    const patient = await Store.open(location(), {
      retry: {
        random: () => 1,
        wait: async (delayMs) => {
          delays.push(delayMs);
        },
      },
    });
    await expect(probe(patient)).rejects.toMatchObject({ kind: 'server', retryAfterMs: 2_000 });
    expect(servers.proxy.requests).toHaveLength(5);
    expect(delays).toEqual([2_500, 3_000, 4_000, 6_000]);
    servers.proxy.clear();
    patient.close();
  });

  it('that stops reading during an upload is retried', async () => {
    servers.proxy.clear();
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    servers.proxy.add({ fault: { kind: 'stall-upload', afterBytes: 100_000 }, strikes: ({ method }) => method === 'PUT' });
    const impatient = await Store.open(location(), { limits: { idleMs: 3_000 }, retry: { wait: async () => undefined } });
    await impatient.put('stalled', body, { contentType: 'text/plain' });
    expect(await impatient.head('stalled')).toMatchObject({ sizeBytes: body.length });
    // On a busy machine another attempt may stall too.
    expect(servers.proxy.requests.filter((request) => request.startsWith('PUT')).length).toBeGreaterThanOrEqual(2);
    impatient.close();
  });

  it('gets a longer timeout to complete an upload than for other requests', async () => {
    servers.proxy.clear();
    const content = Buffer.from('one part');
    const impatient = await Store.open(location(), { limits: { idleMs: 3_000, completionIdleMs: 600_000 }, retry: { attempts: 1 } });
    const upload = { key: 'slow', uploadId: await impatient.beginUpload('slow', { contentType: 'text/plain' }) };
    const part = await impatient.uploadPart(upload, { partNumber: 1, body: content });
    servers.s3.pause();
    let isPaused = true;
    const completed = impatient.completeUpload(upload, [part]).finally(() => expect(isPaused).toBe(false));
    // Longer than the timeout of any other request.
    for (let times = 0; times < 2; times++) await expect(probe(impatient)).rejects.toMatchObject({ kind: 'timeout' });
    isPaused = false;
    servers.s3.resume();
    await completed;
    expect(await store.text('slow')).toBe('one part');
    impatient.close();
  });

  it('is aborted immediately', async () => {
    await expect(probe(store, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
