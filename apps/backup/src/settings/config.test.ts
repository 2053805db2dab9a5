import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig, type CommandName } from './config.ts';
import { BackupError } from '../errors.ts';

const STORE = { S3_ENDPOINT: 's3.example.com', S3_BUCKET: 'backups', S3_ACCESS_ID: 'id', S3_SECRET_KEY: 'very secret' };
const OWNER = { BACKUP_NAMESPACE: 'chat', BACKUP_MODULE: 'seen', RESTORE_NAMESPACE: 'chat', RESTORE_MODULE: 'other' };

const parse = (more: Record<string, string | undefined> = {}, command: CommandName = 'backup') =>
  parseConfig(command, { ...STORE, ...OWNER, ...more }, { terminal: false });

function problems(more: Record<string, string | undefined>, command: CommandName = 'backup'): string {
  try {
    parse(more, command);
  } catch (error) {
    if (error instanceof BackupError && error.kind === 'usage') return error.message;
    throw error;
  }
  throw new Error('no problem was reported');
}

describe('settings', () => {
  it('have the documented defaults', () => {
    expect(parse()).toEqual({
      store: {
        endpoint: 'http://s3.example.com',
        bucket: 'backups',
        region: 'us-east-1',
        pathStyle: false,
        signatureV2: false,
        credentials: { accessKeyId: 'id', secretAccessKey: 'very secret' },
      },
      owner: { namespace: 'chat', moduleName: 'seen' },
      volume: '/data',
      backupId: undefined,
      compression: 'gzip',
      compressionLevel: 6,
      exclude: [],
      retention: {},
      clean: false,
      inPlace: false,
      ifEmpty: false,
      verificationMode: 'Checksum',
      scratch: tmpdir(),
      logLevel: 'info',
      logFormat: 'json',
    });
    expect(parse({ BACKUP_COMPRESSION: 'zstd' }).compressionLevel).toBe(3);
    expect(parseConfig('backup', { ...STORE, ...OWNER }, { terminal: true }).logFormat).toBe('pretty');
  });

  it('of a restore use separate variables for the module', () => {
    expect(parse({ BACKUP_MODULE: '' }, 'restore').owner).toEqual({ namespace: 'chat', moduleName: 'other' });
    expect(problems({ RESTORE_MODULE: '' }, 'restore')).toContain('RESTORE_MODULE is not set');
  });

  it.each([
    ['https://s3.example.com/', 'https://s3.example.com'],
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000'],
    ['minio:9000', 'http://minio:9000'],
    ['minio:9000\n', 'http://minio:9000'],
  ])('accept the endpoint %s', (given, endpoint) => {
    expect(parse({ S3_ENDPOINT: given }).store.endpoint).toBe(endpoint);
  });

  it('that are empty count as unset', () => {
    expect(parse({ S3_REGION: '', RESTORE_BACKUP_ID: ' ', S3_PREFIX: '' }).store.region).toBe('us-east-1');
    expect(problems({ S3_BUCKET: ' ' })).toContain('S3_BUCKET is not set');
  });

  it('split exclusions at commas and newlines', () => {
    expect(parse({ BACKUP_EXCLUDE: 'cache, *.tmp\n\nlogs/*' }).exclude).toEqual(['cache', '*.tmp', 'logs/*']);
  });

  it('that are invalid are all reported at once without secrets', () => {
    const said = problems({
      S3_ENDPOINT: 'ftp://host',
      S3_ACCESS_ID: undefined,
      S3_PATH_STYLE: 'maybe',
      S3_CA_FILE: '/does/not/exist',
      BACKUP_MODULE: 'a/b',
      BACKUP_PVC_PATH: 'relative',
      BACKUP_EXCLUDE: '*.log,[abc',
      BACKUP_COMPRESSION: 'xz',
      BACKUP_COMPRESSION_LEVEL: '12',
      BACKUP_KEEP_LAST: '-1',
      RESTORE_BACKUP_ID: '../other',
    });
    for (const variable of [
      'S3_ENDPOINT: "ftp://host" is not',
      'S3_ACCESS_ID is not set',
      'S3_PATH_STYLE: "maybe" is not true or false',
      'S3_CA_FILE: ENOENT',
      'BACKUP_MODULE: "a/b" is not',
      'BACKUP_PVC_PATH: "relative" is not an absolute path',
      'BACKUP_EXCLUDE: "[" in "*.log,[abc" is not closed',
      'BACKUP_COMPRESSION: ',
      'BACKUP_COMPRESSION_LEVEL: gzip has levels from 1 to 9',
      'BACKUP_KEEP_LAST: "-1" is not a whole number',
      'RESTORE_BACKUP_ID: "../other" is not',
    ])
      expect(said).toContain(`\n  - ${variable}`);
    expect(said).not.toContain('very secret');
  });

  it.each(['eu west', 'eu_west', 'eu-wést', '-', 'a/b', 'r'.repeat(64)])(
    'reject the region %j, which no request can be signed for',
    (region) => {
      expect(problems({ S3_REGION: region })).toContain(`S3_REGION: ${JSON.stringify(region)} is not a region such as eu-central-1`);
    },
  );

  it('trim line breaks around the region', () => {
    expect(parse({ S3_REGION: 'garage\n' }).store.region).toBe('garage');
  });

  it.each(['', 'garbage', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'reject a file of authorities with the content %j',
    (content) => {
      using folder = mkdtempDisposableSync(join(tmpdir(), 'eevee-test-'));
      const file = join(folder.path, 'ca.pem');
      writeFileSync(file, content);
      expect(problems({ S3_CA_FILE: file })).toContain(`S3_CA_FILE: ${file} is not a list of certificates in PEM format`);
    },
  );

  it('reject an endpoint with a fragment', () => {
    expect(problems({ S3_ENDPOINT: 'https://s3.example.com/#/bucket' })).toContain('S3_ENDPOINT: expected a URL without');
  });

  it('reject a URL that contains a password without repeating it', () => {
    expect(problems({ S3_ENDPOINT: 'https://me:hunter2@host' })).not.toContain('hunter2');
  });

  it.each(['team//one', 'team/./one', '../team', 'team/..', '/./', '.', 'team\n'])(
    'reject the prefix %s, under which backups would not be found again',
    (prefix) => {
      expect(problems({ S3_PREFIX: prefix })).toMatch(new RegExp(`S3_PREFIX: ${RegExp.escape(JSON.stringify(prefix))} (has|contains) `));
    },
  );

  it.each(['.', '..'])('reject %s as a namespace, a module and a bucket', (name) => {
    const said = problems({ BACKUP_NAMESPACE: name, BACKUP_MODULE: name, S3_BUCKET: name });
    for (const variable of ['BACKUP_NAMESPACE', 'BACKUP_MODULE', 'S3_BUCKET'])
      expect(said).toContain(`${variable}: "${name}" is not a name`);
  });

  it('trim line breaks around credentials', () => {
    expect(parse({ S3_ACCESS_ID: 'AKEXAMPLE\n', S3_SECRET_KEY: '\r\nsec ret\r\n' }).store.credentials).toEqual({
      accessKeyId: 'AKEXAMPLE',
      secretAccessKey: 'sec ret',
    });
  });

  it('reject credentials that cannot be sent in a request without repeating them', () => {
    for (const [variable, text] of [
      ['S3_ACCESS_ID', 'AK\nEXAMPLE'],
      ['S3_ACCESS_ID', 'AK EXAMPLE'],
      ['S3_ACCESS_ID', 'schlüssel'],
      ['S3_SECRET_KEY', 'two\nlines'],
    ] as const) {
      const said = problems({ [variable]: text });
      expect(said).toContain(`${variable}: the value contains `);
      expect(said).not.toContain(text);
    }
  });

  it('include proxies', () => {
    expect(parse({ HTTPS_PROXY: 'proxy:3128', NO_PROXY: '.svc' }).proxies).toEqual({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '.svc' });
    expect(problems({ HTTP_PROXY: 'socks5://me:hunter2@host' })).toMatch(/HTTP_PROXY is not (?!.*hunter2)/);
  });

  it('of hold and release require the id of a backup', () => {
    for (const command of ['hold', 'release'] as const) {
      expect(problems({ RESTORE_BACKUP_ID: 'latest' }, command)).toContain(`${command} requires the id of a backup`);
    }
  });

  it('of prune require a retention rule', () => {
    expect(problems({}, 'prune')).toContain('BACKUP_KEEP_LAST');
    expect(problems({ BACKUP_MIN_AGE_HOURS: '1' }, 'prune')).toContain('BACKUP_KEEP_LAST');
    expect(problems({ BACKUP_KEEP_DAILY: '0', BACKUP_KEEP_LAST: '0' }, 'prune')).toContain('0 disables a rule');
    expect(parse({ BACKUP_KEEP_HOURLY: '3', BACKUP_KEEP_DAILY: '0' }, 'prune').retention).toEqual({ keepHourly: 3, keepDaily: 0 });
    expect(parse({ BACKUP_KEEP_DAILY: '7' }, 'prune').retention).toEqual({ keepDaily: 7 });
  });
});
