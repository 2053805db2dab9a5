import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BACKUP_ENV } from '@eeveebot/contract';
import { eventually } from '@eeveebot/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { useTool } from './use-tool.ts';

const COMMANDS = ['backup', 'restore', 'list', 'verify', 'prune'] as const;

/** Files in a directory tree, which may be removed at any time. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('the command line', () => {
  const world = useTool();

  beforeEach(() => {
    writeFileSync(`${world.volume}/file`, 'content');
  });

  it('prints help without any settings', async () => {
    const help = await world.tool.run(['--help'], {});
    expect(help.code).toBe(0);
    for (const command of COMMANDS) expect(help.stdout).toMatch(new RegExp(`^  ${command} .* \\w+`, 'm'));
    for (const code of [0, 1, 64, 65, 66, 74, 75, 77, 143]) expect(help.stdout).toMatch(new RegExp(`(^|\\s)${code} \\w`, 'm'));
    expect((await world.tool.run(['--version'], {})).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('never writes the secret key to disk or to its arguments, even when killed', async () => {
    for (let file = 0; file < 40; file++) writeFileSync(`${world.volume}/file-${file}`, randomBytes(500_000));
    // Databases are copied to disk.
    const database = new DatabaseSync(`${world.volume}/seen.sqlite`);
    database.exec('CREATE TABLE seen (nick TEXT, message BLOB)');
    for (let row = 0; row < 10; row++) database.prepare('INSERT INTO seen VALUES (?, ?)').run('fox', randomBytes(500_000));
    database.close();
    // All directories that it may write to are in the test's folder.
    const own = world.env({
      HOME: world.folder.folder('home'),
      XDG_CONFIG_HOME: world.folder.folder('home'),
      TMPDIR: world.folder.folder('tmp'),
    });
    const { secretAccessKey } = world.s3.credentials;
    const withKey = () => filesBelow(world.folder.path).filter((path) => existsSync(path) && readFileSync(path).includes(secretAccessKey));
    const before = filesBelow(world.folder.path).length;
    for (const command of ['backup', 'restore']) {
      const { process: child, ended } = world.tool.start([command], own);
      // As soon as it has written any file.
      const hasWritten = () => filesBelow(world.folder.path).length > before || (child.exitCode !== null && 'ended');
      expect(await eventually(hasWritten, { intervalMs: 1 })).toBe(true);
      child.kill('SIGSTOP');
      const args = readFileSync(`/proc/${child.pid}/cmdline`, 'latin1');
      child.kill('SIGKILL');
      await ended;
      expect(args).toContain(command);
      expect(args).not.toContain(secretAccessKey);
      expect(withKey()).toEqual([]);
      expect((await world.tool.run([command], own)).code).toBe(0);
      expect(withKey()).toEqual([]);
    }
  });

  it('documents every variable in the help of a command', async () => {
    const texts = await Promise.all(COMMANDS.map(async (command) => (await world.tool.run([command, '--help'], {})).stdout));
    for (const variable of Object.values(BACKUP_ENV)) expect(texts.join('\n')).toMatch(new RegExp(`\\b${variable}\\b`));
  });

  it.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['backup', '--frobnicate'], "unknown option '--frobnicate'"],
    [['backup', 'more'], 'too many arguments'],
    // Arguments are visible to all users of the machine.
    [['backup', '--secret-key', 'x'], "unknown option '--secret-key'"],
    [[], 'no command given'],
  ])('rejects %j with exit code 64', async (args, says) => {
    const { code, result } = await world.tool.run(args, world.env());
    expect({ code, error: result.error }).toEqual({ code: 64, error: expect.stringContaining(says) });
  });

  it('reports all missing settings at once', async () => {
    const { code, result, stderr } = await world.tool.run(['backup'], {});
    expect(code).toBe(64);
    for (const variable of ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_ID', 'S3_SECRET_KEY', 'BACKUP_NAMESPACE', 'BACKUP_MODULE']) {
      expect(result.error).toContain(`${variable} is not set`);
      expect(stderr).toContain(`${variable} is not set`);
    }
  });

  it('has options, which take precedence over variables', async () => {
    writeFileSync(`${world.volume}/skipped`, 'x');
    const args = [
      'backup',
      '--module',
      'other',
      '--prefix',
      'team',
      '--path',
      world.volume,
      '--compression',
      'zstd',
      '--exclude',
      'skipped',
    ];
    const made = await world.tool.run(args, world.env({ BACKUP_PVC_PATH: '/nowhere', BACKUP_COMPRESSION: 'gzip' }));
    expect(made).toMatchObject({ code: 0, result: { key: expect.stringMatching(/^team\/chat\/other\/.*\.tar\.zst$/), files: 2 } });
  });

  it('warns about a brace in a glob that is not opened, and excludes what it matches', async () => {
    writeFileSync(`${world.volume}/skipped}`, 'x');
    const made = await world.tool.run(['backup', '--exclude', 'skipped}'], world.env());
    expect(made).toMatchObject({
      code: 0,
      result: { files: 2, warnings: [expect.stringContaining('"}" in the excluded glob "skipped}"')] },
    });
  });

  it('prints only one line of JSON to standard output, and progress to standard error', async () => {
    const { code, stdout, stderr, result } = await world.tool.run(['backup'], world.env());
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([JSON.stringify(result), '']);
    expect(result).toEqual({
      id: expect.any(String),
      key: expect.any(String),
      sizeBytes: expect.any(Number),
      uncompressedBytes: 7,
      allocatedBytes: 7,
      files: 2,
      durationSeconds: expect.any(Number),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      warnings: [],
    });
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string; time: string });
    expect(lines.length).toBeGreaterThan(0);
    for (const { level, time } of lines) expect([level, new Date(time).toISOString()]).toEqual(['info', time]);
  });

  it('shows a bar with bytes, rate and time left on a terminal', () => {
    const command = [process.execPath, '--disable-warning=ExperimentalWarning', world.tool.program, 'backup'].join(' ');
    const typescript = world.folder.at('typescript');
    execFileSync('script', ['--quiet', '--return', '--command', command, typescript], {
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', ...world.env() },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    const shown = readFileSync(typescript, 'utf8');
    expect(shown).toMatch(/backup [█░]+ \d+ % \| [\d.]+\/[\d.]+ MiB \| [\d.]+ MiB\/s \| \S+ left/);
    expect(shown).toContain('"sha256":"');
  });

  it.each<readonly [name: string, code: number, says: RegExp, args: readonly string[], env: Record<string, string>]>([
    ['a folder that does not exist', 64, /does not exist: mount the volume there/, ['backup'], { BACKUP_PVC_PATH: '/nowhere' }],
    ['a file in place of a folder', 64, /is not a directory/, ['restore'], { BACKUP_PVC_PATH: '/etc/hostname' }],
    ['a bucket that does not exist', 64, /NoSuchBucket/, ['backup'], { S3_BUCKET: 'elsewhere' }],
    ['a backup that does not exist', 66, /no backup of module/, ['verify'], { BACKUP_MODULE: 'other' }],
    ['an unknown access key', 77, /InvalidAccessKeyId/, ['list'], { S3_ACCESS_ID: 'unknown' }],
    ['a wrong secret key', 77, /SignatureDoesNotMatch/, ['backup'], { S3_SECRET_KEY: 'not-the-secret' }],
    ['a store that cannot be reached', 75, /no connection to http:\/\/127\.0\.0\.1:1 /, ['backup'], { S3_ENDPOINT: '127.0.0.1:1' }],
    ['a name that does not resolve', 75, /does not resolve/, ['list'], { S3_ENDPOINT: 'http://store.invalid' }],
  ])('%s exits with %i and a message without credentials', async (_, code, says, args, more) => {
    const settings = world.env(more);
    const end = await world.tool.run(args, settings);
    expect({ code: end.code, error: end.result.error }).toEqual({ code, error: expect.stringMatching(says) });
    expect(end.stderr).toContain(end.result.error.split('\n')[0]);
    for (const text of [end.stdout, end.stderr]) expect(text).not.toContain(settings['S3_SECRET_KEY']);
  });

  it('runs under the names used by manifests of earlier releases', () => {
    const bin = world.folder.folder('bin');
    writeFileSync(
      `${bin}/eevee-backup`,
      `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${world.tool.program}' "$@"\n`,
      { mode: 0o755 },
    );
    const shim = (name: string) =>
      execFileSync('sh', [new URL(`../bin/${name}`, import.meta.url).pathname], {
        env: { ...world.env(), PATH: `${bin}:${process.env['PATH'] ?? ''}` },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    const { id } = JSON.parse(shim('backup.sh')) as { id: string };
    writeFileSync(`${world.volume}/file`, 'changed');
    mkdirSync(`${world.volume}/more`);
    expect(JSON.parse(shim('restore.sh'))).toMatchObject({ id });
    expect(readFileSync(`${world.volume}/file`, 'utf8')).toBe('content');
  });
});
