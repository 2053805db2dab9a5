import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Store } from '@eeveebot/object-store';
import type { Fault, FaultRule } from '@eeveebot/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, clockAhead, jobEnvironment, objectPath, storedKeys } from './tool.ts';
import { useFaultyStore } from './use-faulty-store.ts';

/** Three parts, because random bytes are incompressible. */
const CONTENT = randomBytes(20 * 1024 * 1024);

const isPart = ({ method, url }: { method: string; url: string }) => method === 'PUT' && url.includes('partNumber=2');
const isComplete = ({ method, url }: { method: string; url: string }) =>
  method === 'POST' && url.includes('uploadId=') && !url.includes('uploads');
const isCreate = ({ method, url }: { method: string; url: string }) => method === 'POST' && url.includes('uploads');
const isDescription = ({ method, url }: { method: string; url: string }) => method === 'PUT' && url.includes('.json');
const isListing = ({ method, url }: { method: string; url: string }) => method === 'GET' && url.includes('list-type');
const isLook = ({ method }: { method: string }) => method === 'HEAD';
const isArchive = ({ method, url }: { method: string; url: string }) => method === 'GET' && url.includes('.tar.gz');
const isAny = () => true;

const errorXml = (code: string) => `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>made up</Message></Error>`;

describe('faults between the tool and the store', () => {
  const world = useFaultyStore();

  beforeEach(() => writeFileSync(`${world.volume}/large`, CONTENT));

  const uploadsLeft = async (): Promise<number> => {
    const location = {
      endpoint: world.s3.endpoint,
      bucket: BUCKET,
      region: 'us-east-1',
      pathStyle: true,
      signatureV2: false,
      credentials: world.s3.credentials,
    };
    const store = await Store.open(location);
    let count = 0;
    for await (const _ of store.pendingUploads('')) count++;
    store.close();
    return count;
  };
  const fails = (fault: Fault, strikes: FaultRule['strikes'], times?: number) =>
    world.proxy.add({ fault, strikes, ...(times === undefined ? {} : { times }) });

  describe('a backup succeeds after', () => {
    it.each<[string, Fault, FaultRule['strikes'], number]>([
      ['503 with Retry-After', { kind: 'answer', status: 503, headers: { 'retry-after': '1' }, body: errorXml('SlowDown') }, isPart, 2],
      ['429', { kind: 'answer', status: 429, body: errorXml('SlowDown') }, isPart, 1],
      ['a reset before the body', { kind: 'reset' }, isPart, 2],
      ['a reset in the body', { kind: 'reset', afterRequestBytes: 100_000 }, isPart, 2],
      ['a reset after the body', { kind: 'lose-answer' }, isPart, 2],
      ['a part damaged in transit', { kind: 'corrupt-upload', afterBytes: 100_000 }, isPart, 1],
      ['a lost response to CreateMultipartUpload', { kind: 'lose-answer' }, isCreate, 1],
      ['a lost response to CompleteMultipartUpload', { kind: 'lose-answer' }, isComplete, 1],
      ['an error with status 200', { kind: 'answer', status: 200, body: errorXml('InternalError') }, isComplete, 1],
      ['a 500 to CompleteMultipartUpload', { kind: 'answer', status: 500, body: errorXml('InternalError') }, isComplete, 2],
    ])('%s', async (_, fault, strikes, times) => {
      fails(fault, strikes, times);
      const made = await world.tool.run(['backup'], world.env());
      expect(made).toMatchObject({ code: 0, result: { warnings: [] } });
      const archive = readFileSync(objectPath(world.s3, made.result.key));
      expect(createHash('sha256').update(archive).digest('hex')).toBe(made.result['sha256']);
      expect(await uploadsLeft()).toBe(0);
      world.proxy.clear();
      expect((await world.tool.run(['verify'], world.env())).code).toBe(0);
    });
  });

  describe('a backup fails without leftovers after', () => {
    it.each<[string, Fault, FaultRule['strikes'], number, string]>([
      ['repeated 503', { kind: 'answer', status: 503, body: errorXml('ServiceUnavailable') }, isPart, 75, 'reported a server error'],
      ['repeated resets', { kind: 'reset' }, isPart, 75, 'the connection to'],
      ['403 for a part', { kind: 'answer', status: 403, body: errorXml('AccessDenied') }, isPart, 77, 'denied access'],
      ['403 for everything', { kind: 'answer', status: 403, body: errorXml('InvalidAccessKeyId') }, isAny, 77, 'denied access'],
      [
        'repeated errors with status 200',
        { kind: 'answer', status: 200, body: errorXml('InternalError') },
        isComplete,
        75,
        'reported a server error',
      ],
      ['403 for its sidecar', { kind: 'answer', status: 403, body: errorXml('AccessDenied') }, isDescription, 77, 'denied access'],
      ['repeated 503 for the check of the archive', { kind: 'answer', status: 503 }, isLook, 75, 'reported a server error'],
      [
        'repeated clock skew errors',
        { kind: 'answer', status: 403, body: errorXml('RequestTimeTooSkewed') },
        isAny,
        75,
        'synchronize the clocks',
      ],
    ])('%s', async (_, fault, strikes, code, message) => {
      // The faults do not affect the cleanup.
      fails(fault, (asked) => strikes(asked) && asked.method !== 'DELETE', 1000);
      const made = await world.tool.run(['backup'], world.env());
      expect(made).toMatchObject({ code, result: { error: expect.stringContaining(message) } });
      expect(storedKeys(world.s3)).toEqual([]);
      expect(await uploadsLeft()).toBe(0);
      expect(made.stdout + made.stderr).not.toContain(world.s3.credentials.secretAccessKey);
    });

    it('NoSuchBucket, without a retry', async () => {
      const made = await world.tool.run(['backup'], world.env({ S3_BUCKET: 'nothing-here' }));
      expect(made).toMatchObject({ code: 64, result: { error: expect.stringContaining('the bucket does not exist') } });
      expect(world.proxy.requests).toHaveLength(1);
    });
  });

  it.each([20, -20])('a clock that is %i minutes ahead is corrected by the time in the response', async (minutes) => {
    const made = await world.tool.run(['backup'], world.env({ NODE_OPTIONS: clockAhead(minutes) }));
    expect(made).toMatchObject({ code: 0 });
    expect(made.stderr).toContain('synchronize the clocks');
    expect(await uploadsLeft()).toBe(0);
    expect(await world.tool.run(['verify'], world.env({ NODE_OPTIONS: clockAhead(minutes) }))).toMatchObject({ code: 0 });
  });

  describe('a restore', () => {
    const backedUp = async () => {
      await world.tool.run(['backup'], world.env());
      world.proxy.clear();
      writeFileSync(`${world.volume}/large`, 'old');
    };

    it.each<[string, Fault, number]>([
      ['is cut', { kind: 'cut', afterBytes: 5_000_000 }, 3],
      ['is cut at the first byte', { kind: 'cut', afterBytes: 0 }, 2],
      ['fails with 503', { kind: 'answer', status: 503 }, 2],
    ])('resumes its download when that %s', async (_, fault, times) => {
      await backedUp();
      fails(fault, isArchive, times);
      expect(await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: 'true' }))).toMatchObject({ code: 0 });
      expect(readFileSync(`${world.volume}/large`).equals(CONTENT)).toBe(true);
      expect(world.proxy.requests.filter((request) => request.includes('.tar.gz') && request.startsWith('GET'))).toHaveLength(times + 1);
    });

    it.each<[string, Fault, FaultRule['strikes'], number, string]>([
      ['whose download is corrupted', { kind: 'corrupt', afterBytes: 7_000_000 }, isArchive, 65, 'the archive is damaged'],
      ['whose download is corrupted in its first byte', { kind: 'corrupt', afterBytes: 0 }, isArchive, 65, 'neither gzip nor zstd'],
      ['that cannot list backups', { kind: 'answer', status: 503 }, isListing, 75, 'reported a server error'],
      ['whose download is cut repeatedly', { kind: 'cut', afterBytes: 0 }, isArchive, 75, 'the connection'],
      ['that is denied', { kind: 'answer', status: 403, body: errorXml('AccessDenied') }, isArchive, 77, 'denied access'],
    ])('%s keeps the old data', async (_, fault, strikes, code, message) => {
      await backedUp();
      fails(fault, strikes, 1000);
      const restored = await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: 'true' }));
      expect(restored).toMatchObject({ code, result: { error: expect.stringContaining(message) } });
      expect(readFileSync(`${world.volume}/large`, 'utf8')).toBe('old');
    });
  });

  it('a restore into an empty volume keeps files that are written while it unpacks', async () => {
    await world.tool.run(['backup'], world.env());
    rmSync(`${world.volume}/large`);
    world.proxy.add({
      fault: { kind: 'cut', afterBytes: 0 },
      strikes: (asked) => {
        if (isArchive(asked)) writeFileSync(`${world.volume}/live`, 'written since');
        return false;
      },
    });
    const restored = await world.tool.run(['restore'], world.env({ RESTORE_IF_EMPTY: 'true', RESTORE_CLEAN: 'true' }));
    expect(restored).toMatchObject({ code: 0, result: { files: 0, warnings: [expect.stringContaining('contains data')] } });
    expect(readdirSync(world.volume)).toEqual(['live']);
    expect(readFileSync(`${world.volume}/live`, 'utf8')).toBe('written since');
  });

  it.each(['', 'latest', 'f2ba1b52-0000-4000-8000-000000000000'])('a restore of "%s" from a missing bucket reports that', async (id) => {
    const restored = await world.tool.run(['restore'], world.env({ S3_BUCKET: 'nothing-here', RESTORE_BACKUP_ID: id }));
    expect(restored).toMatchObject({ code: 64, result: { error: expect.stringContaining('the bucket does not exist') } });
    expect(readFileSync(`${world.volume}/large`).equals(CONTENT)).toBe(true);
  });

  it('an unreachable store and a denial are distinguished', async () => {
    const nowhere = jobEnvironment({ endpoint: 'http://127.0.0.1:9', credentials: world.s3.credentials }, world.volume);
    expect(await world.tool.run(['list'], nowhere)).toMatchObject({
      code: 75,
      result: { error: expect.stringContaining('no connection to') },
    });
    expect(await world.tool.run(['list'], { ...nowhere, S3_ENDPOINT: 'http://nowhere.invalid' })).toMatchObject({
      code: 75,
      result: { error: expect.stringContaining('does not resolve') },
    });
    expect(await world.tool.run(['list'], world.env({ S3_SECRET_KEY: 'wrong' }))).toMatchObject({ code: 77 });
  });
});
