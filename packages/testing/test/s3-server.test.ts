import { createHash, createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type S3Server, startS3Server } from '../src/servers/s3-server.ts';

describe('startS3Server', () => {
  it('returns stored objects for signed requests', async () => {
    await using s3 = await startS3Server({ buckets: ['backups'] });
    expect((await signed(s3, { method: 'PUT', path: '/backups/bots/echo.tar.gz', body: 'archive' })).status).toBe(200);
    expect(await (await signed(s3, { method: 'GET', path: '/backups/bots/echo.tar.gz' })).text()).toBe('archive');
    expect(await (await signed(s3, { method: 'GET', path: '/backups' })).text()).toContain('<Key>bots/echo.tar.gz</Key>');
  });

  it('refuses requests that are unsigned or signed with another key', async () => {
    await using s3 = await startS3Server({ buckets: ['backups'] });
    const stranger = { ...s3.credentials, secretAccessKey: 'wrong' };
    expect((await signed(s3, { method: 'GET', path: '/backups', credentials: stranger })).status).toBe(403);
    expect((await fetch(`${s3.endpoint}/backups`)).status).toBe(403);
  });

  it('distinguishes a missing bucket from an empty one', async () => {
    await using s3 = await startS3Server();
    s3.createBucket('later');
    expect((await signed(s3, { method: 'GET', path: '/later' })).status).toBe(200);
    expect(await (await signed(s3, { method: 'GET', path: '/never' })).text()).toContain('<Code>NoSuchBucket</Code>');
  });

  it('keeps its objects and its address over a crash', async () => {
    await using s3 = await startS3Server({ buckets: ['backups'] });
    await signed(s3, { method: 'PUT', path: '/backups/kept', body: '1' });
    await s3.kill();
    await expect(fetch(s3.endpoint)).rejects.toThrow('fetch failed');
    await s3.start();
    expect(await (await signed(s3, { method: 'GET', path: '/backups/kept' })).text()).toBe('1');
  });

  it('leaves no files behind', async () => {
    const s3 = await startS3Server({ buckets: ['backups'] });
    await s3.stop();
    expect(existsSync(s3.folder)).toBe(false);
  });
});

interface SignedRequest {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly body?: string;
  readonly credentials?: S3Server['credentials'];
}

/** Signature version 4, for requests without a query. */
function signed(s3: S3Server, { method, path, body = '', credentials = s3.credentials }: SignedRequest): Promise<Response> {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${s3.region}/s3/aws4_request`;
  const host = new URL(s3.endpoint).host;
  const payload = createHash('sha256').update(body).digest('hex');
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const canonical = [method, path, '', `host:${host}`, `x-amz-content-sha256:${payload}`, `x-amz-date:${time}`, '', names, payload].join(
    '\n',
  );
  const toSign = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const signature = hmac(scope.split('/').reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`), toSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return fetch(`${s3.endpoint}${path}`, {
    method,
    headers: { authorization, 'x-amz-date': time, 'x-amz-content-sha256': payload },
    ...(method === 'PUT' && { body }),
  });
}
