import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault, FaultRule } from '@eeveebot/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, storedKeys } from './tool.ts';
import { useFaultyStore } from './use-faulty-store.ts';

type Strikes = FaultRule['strikes'];

const isUploads: Strikes = ({ method, url }) => method === 'GET' && url.includes('uploads');
const isHead: Strikes = ({ method }) => method === 'HEAD';
const isWrite: Strikes = ({ method, url }) => method === 'PUT' || (method === 'POST' && url.includes('upload'));
const isAny: Strikes = () => true;
const errorXml = (code: string) => `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>made up</Message></Error>`;
const answer = (status: number, code?: string): Fault => ({
  kind: 'answer',
  status,
  ...(code === undefined ? {} : { body: errorXml(code) }),
});

describe('a limited store', () => {
  const world = useFaultyStore();

  /** Large enough for several parts. */
  const content = randomBytes(20 * 1024 * 1024);
  const fails = (fault: Fault, strikes: Strikes, times = 1000) => world.proxy.add({ fault, strikes, times });

  beforeEach(() => writeFileSync(`${world.volume}/large`, content));

  it.each<[string, Fault]>([
    ['does not implement', answer(501, 'NotImplemented')],
    ['returns 501 without a body for', answer(501)],
    ['returns 404 for', answer(404, 'NoSuchKey')],
    ['returns 404 without a body for', answer(404)],
    ['returns 405 for', answer(405, 'MethodNotAllowed')],
    ['denies', answer(403, 'AccessDenied')],
    ['returns an empty 200 for', answer(200)],
  ])('that %s ListMultipartUploads stores backups without a warning', async (_, fault) => {
    fails(fault, isUploads);
    expect(await world.tool.run(['backup'], world.env())).toMatchObject({ code: 0, result: { warnings: [] } });
    // Before the upload, and after it.
    expect(world.proxy.requests.filter((line) => line.includes('uploads') && line.startsWith('GET'))).toHaveLength(2);
    world.proxy.clear();
    expect(await world.tool.run(['verify'], world.env())).toMatchObject({ code: 0 });
  });

  it('that shows an object with a delay stores a good backup', async () => {
    fails(answer(404), isHead, 2);
    expect(await world.tool.run(['backup'], world.env())).toMatchObject({ code: 0, result: { warnings: [] } });
    world.proxy.clear();
    expect(await world.tool.run(['verify'], world.env())).toMatchObject({ code: 0 });
  });

  it('that allows only writes stores a backup, with a warning that it was not checked', async () => {
    fails(answer(403, 'AccessDenied'), ({ method }) => ['HEAD', 'GET', 'DELETE'].includes(method));
    const made = await world.tool.run(['backup'], world.env({ BACKUP_KEEP_LAST: '1' }));
    expect(made).toMatchObject({
      code: 0,
      result: {
        warnings: [
          expect.stringContaining('could not be checked'),
          expect.stringMatching(/old backups could not be removed: .*s3:ListBucket/),
        ],
      },
    });
    expect(storedKeys(world.s3)).toEqual([`${made.result.id}.json`, `${made.result.id}.tar.gz`]);
    world.proxy.clear();
    expect(await world.tool.run(['verify'], world.env())).toMatchObject({ code: 0 });
  });

  it('that allows only writes and loses the response to CompleteMultipartUpload stores a backup', async () => {
    fails(answer(403), ({ method }) => ['HEAD', 'GET', 'DELETE'].includes(method));
    world.proxy.add({ fault: { kind: 'lose-answer' }, strikes: ({ method, url }) => method === 'POST' && url.includes('uploadId=') });
    expect(await world.tool.run(['backup'], world.env())).toMatchObject({ code: 0 });
    world.proxy.clear();
    expect(await world.tool.run(['verify'], world.env())).toMatchObject({ code: 0 });
  });

  it('that denies listing restores by id, and reports the required permission for latest', async () => {
    const made = await world.tool.run(['backup'], world.env());
    fails(answer(403, 'AccessDenied'), ({ url }) => url.includes('list-type'));
    expect(await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: 'true' }))).toMatchObject({
      code: 77,
      result: { error: expect.stringContaining('s3:ListBucket is required') },
    });
    rmSync(`${world.volume}/large`);
    const restored = await world.tool.run(['restore'], world.env({ RESTORE_BACKUP_ID: made.result.id }));
    expect(restored).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(readFileSync(`${world.volume}/large`).equals(content)).toBe(true);
  });

  it.each<[string, Fault]>([
    ['403 QuotaExceeded', answer(403, 'QuotaExceeded')],
    ['507', answer(507)],
    ['507 XMinioStorageFull', answer(507, 'XMinioStorageFull')],
  ])('that is full, reported as %s, exits with 74 without a retry', async (_, fault) => {
    fails(fault, isWrite);
    expect(await world.tool.run(['backup'], world.env())).toMatchObject({
      code: 74,
      result: { error: expect.stringContaining('is full') },
    });
    expect(world.proxy.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1);
    expect(storedKeys(world.s3)).toEqual([]);
  });

  it('in another region exits with 64 and the region from the response, after one request', async () => {
    fails(
      {
        kind: 'answer',
        status: 400,
        body: errorXml('AuthorizationHeaderMalformed').replace('</Message>', '</Message><Region>garage</Region>'),
      },
      isAny,
    );
    const made = await world.tool.run(['backup'], world.env());
    expect(made).toMatchObject({ code: 64, result: { error: expect.stringContaining('from us-east-1 to garage') } });
    expect(world.proxy.requests).toHaveLength(1);
  });

  it('that redirects to another address exits with 64 and the address, after one request', async () => {
    const headers = { location: 'https://eu.example/backups?X-Amz-Signature=0123', 'content-type': 'application/xml' };
    fails({ kind: 'answer', status: 307, headers, body: errorXml('TemporaryRedirect') }, isAny);
    const made = await world.tool.run(['backup'], world.env());
    expect(made).toMatchObject({ code: 64, result: { error: expect.stringContaining('the address is https://eu.example (') } });
    expect(world.proxy.requests).toHaveLength(1);
  });

  it('is reached regardless of settings for the tools of AWS', async () => {
    const ofAws = {
      ...{ AWS_USE_FIPS_ENDPOINT: 'true', AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_DEFAULTS_MODE: 'none', AWS_S3_USE_ARN_REGION: 'none' },
      ...{ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9', AWS_PROFILE: 'none', AWS_REGION: 'none', AWS_RETRY_MODE: 'none' },
    };
    expect(await world.tool.run(['backup'], world.env(ofAws))).toMatchObject({ code: 0, result: { warnings: [] } });
  });

  it('whose bucket the client rejects exits with 64 before a request', async () => {
    const made = await world.tool.run(['backup'], world.env({ S3_BUCKET: 'arn:aws:s3:::backups' }));
    expect(made).toMatchObject({ code: 64, result: { error: expect.stringContaining('no request can be sent to') } });
    expect(world.proxy.requests).toEqual([]);
  });

  it('with chunked responses and weak ETags returns complete backups', async () => {
    const made = await world.tool.run(['backup'], world.env());
    let cuts = 2;
    const odd: Server = createServer((incoming, outgoing) => {
      const { method, url, rawHeaders } = incoming;
      const passed = request({ host: '127.0.0.1', port: world.s3.port, method, path: url, headers: rawHeaders }, (response) => {
        const { 'content-length': _, etag, ...headers } = response.headers;
        outgoing.writeHead(response.statusCode ?? 502, { ...headers, ...(etag === undefined ? {} : { etag: `W/${etag}` }) });
        const isCut = url?.includes('.tar.gz') === true && method === 'GET' && cuts-- > 0;
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          // An end that looks like the end of the response.
          if (isCut && bytes > 5_000_000) outgoing.end();
          else outgoing.write(chunk);
        });
        response.on('end', () => outgoing.end());
      });
      incoming.pipe(passed);
    });
    await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`;
    expect(await world.tool.run(['verify'], world.env({ S3_ENDPOINT: endpoint }))).toMatchObject({
      code: 0,
      result: { id: made.result.id },
    });
    expect(cuts).toBeLessThan(0);
    expect(await world.tool.run(['backup'], world.env({ S3_ENDPOINT: endpoint }))).toMatchObject({ code: 0 });
    odd.closeAllConnections();
    odd.close();
  });

  it('is reached through the proxy in the environment without revealing its password', async () => {
    const seen: string[] = [];
    const forward: Server = createServer((incoming, outgoing) => {
      const { method, url = '', rawHeaders } = incoming;
      seen.push(`${method} ${url} ${incoming.headers['proxy-authorization'] ?? ''}`);
      const { pathname, search } = new URL(url);
      const passed = request(
        { host: '127.0.0.1', port: world.s3.port, method, path: `${pathname}${search}`, headers: rawHeaders },
        (response) => {
          outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
          response.pipe(outgoing);
        },
      );
      incoming.pipe(passed);
    });
    await new Promise<void>((resolve) => forward.listen(0, '127.0.0.1', resolve));
    const { port } = forward.address() as AddressInfo;
    const proxied = world.env({ S3_ENDPOINT: 'http://store.invalid:9000', HTTP_PROXY: `me:hunter2@127.0.0.1:${port}` });
    const made = await world.tool.run(['backup'], proxied);
    expect(made).toMatchObject({ code: 0 });
    expect(seen[0]).toContain(`http://store.invalid:9000/${BUCKET}`);
    expect(seen[0]).toContain(`Basic ${Buffer.from('me:hunter2').toString('base64')}`);
    const direct = await world.tool.run(['list'], { ...proxied, NO_PROXY: 'store.invalid' });
    expect(direct).toMatchObject({ code: 75, result: { error: expect.stringContaining('does not resolve') } });
    forward.closeAllConnections();
    forward.close();
    const broken = await world.tool.run(['list'], proxied);
    expect(broken.code).toBe(75);
    for (const { stdout, stderr } of [made, direct, broken]) expect(stdout + stderr).not.toContain('hunter2');
  });
});
