import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeManyEntries } from './many-entries.ts';
import { BUCKET, jobEnvironment, objectPath, Tool, type ToolEnd } from './tool.ts';
import { TemporaryFolder } from './trees.ts';

/** More than the maximum number of arguments of a call. Set this variable to measure millions. */
const ENTRIES = Number(process.env['MANY_ENTRIES'] ?? 130_000);

/** The tool's container has a limit of 256 MiB. */
const MEMORY_MEBIBYTES = 200;

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c63';

describe(`an archive of ${ENTRIES} entries in one directory`, { timeout: 3_600_000 }, () => {
  let s3: S3Server;
  let tool: Tool;
  let folder: TemporaryFolder;
  let volume: string;

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    tool = new Tool();
    folder = new TemporaryFolder();
    volume = folder.folder('data');
    mkdirSync(objectPath(s3, 'chat/seen'), { recursive: true });
    await writeManyEntries(objectPath(s3, `chat/seen/${ID}.tar.gz`), ENTRIES);
  });
  afterAll(async () => {
    folder?.[Symbol.dispose]();
    tool?.[Symbol.dispose]();
    await s3?.stop();
  });

  /** Runs a command and reads its peak memory from the kernel. */
  async function measured(command: string, more: Record<string, string> = {}): Promise<ToolEnd & { readonly mebibytes: number }> {
    const running = tool.start([command], jobEnvironment(s3, volume, { RESTORE_BACKUP_ID: ID, ...more }));
    let mebibytes = 0;
    const timer = setInterval(() => {
      if (running.process.exitCode !== null) return;
      mebibytes =
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${running.process.pid}/status`, 'utf8'))?.[1] ?? 1024 * mebibytes) / 1024;
    }, 50);
    const end = await running.ended;
    clearInterval(timer);
    return { ...end, mebibytes };
  }

  it.each<readonly [string, string, Record<string, string>]>([
    ['checked', 'verify', {}],
    ['restored', 'restore', {}],
    ['restored over itself', 'restore', {}],
  ])('is %s within 200 MiB', async (_, command, more) => {
    const { code, result, mebibytes } = await measured(command, more);
    expect({ code, error: result.error, files: result['files'] }).toEqual({ code: 0, error: undefined, files: ENTRIES });
    expect(mebibytes).toBeGreaterThan(20);
    expect(mebibytes).toBeLessThan(MEMORY_MEBIBYTES);
    if (command === 'restore') expect(readdirSync(`${volume}/directory`)).toHaveLength(ENTRIES - 1);
  });
});
