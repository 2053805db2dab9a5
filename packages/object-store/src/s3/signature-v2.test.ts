import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signV2, type SignableRequest } from './signature-v2.ts';

const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const date = new Date('2007-03-27T21:20:26Z');

const request = (more: Partial<SignableRequest> = {}): SignableRequest => ({
  method: 'GET',
  hostname: 'localhost',
  path: '/backups/a%20b',
  headers: { Host: 'localhost' },
  ...more,
});

/** The string to sign according to the documentation of signature version 2. */
const signatureOf = (text: string) => createHmac('sha1', credentials.secretAccessKey).update(text).digest('base64');

describe('signature version 2', () => {
  it('signs method, date and path', () => {
    const { headers } = signV2(request(), { credentials, bucket: 'backups', endpointHostname: 'localhost', date });
    const text = 'GET\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 GMT\n/backups/a%20b';
    expect(headers['authorization']).toBe(`AWS AKIAIOSFODNN7EXAMPLE:${signatureOf(text)}`);
  });

  it('signs the bucket when it is part of the host name', () => {
    const { headers } = signV2(request({ path: '/a', hostname: 'backups.localhost' }), {
      credentials,
      bucket: 'backups',
      endpointHostname: 'localhost',
      date,
    });
    const text = 'GET\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 GMT\n/backups/a';
    expect(headers['authorization']).toContain(signatureOf(text));
  });

  it('signs checksum, type and the parameters of uploads in order, and no others', () => {
    const given = request({
      method: 'PUT',
      query: { 'x-id': 'UploadPart', uploadId: 'u', partNumber: '2' },
      headers: { 'Content-MD5': 'md5', 'content-type': 'text/plain', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    });
    const { headers } = signV2(given, { credentials, bucket: 'backups', endpointHostname: 'localhost', date });
    const text = 'PUT\nmd5\ntext/plain\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 GMT\n/backups/a%20b?partNumber=2&uploadId=u';
    expect(headers['authorization']).toContain(signatureOf(text));
    expect(headers).not.toHaveProperty('x-amz-content-sha256');
  });

  it('signs parameters without a value by their name', () => {
    const { headers } = signV2(request({ method: 'POST', query: { uploads: '' } }), {
      credentials,
      bucket: 'backups',
      endpointHostname: 'localhost',
      date,
    });
    const text = 'POST\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 GMT\n/backups/a%20b?uploads';
    expect(headers['authorization']).toContain(signatureOf(text));
  });
});
