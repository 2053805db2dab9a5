import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { eventually } from '@eeveebot/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Tool } from './tool.ts';
import type { TemporaryFolder } from './trees.ts';
import { useTool } from './use-tool.ts';

/** A program that continuously grows, shrinks, removes and replaces files in a folder. */
const RESTLESS = `
const fs = require('node:fs');
const [folder] = process.argv.slice(1);
const at = (name) => folder + '/' + name;
const big = Buffer.alloc(300_000, 'x');
fs.writeFileSync(at('shrinks'), big);
let round = 0;
const turn = () => {
  round++;
  fs.appendFileSync(at('grows'), big);
  if (round % 50 === 0) fs.truncateSync(at('grows'), 0);
  fs.truncateSync(at('shrinks'), round % 2 === 0 ? 10 : 300_000);
  const name = at('comes-and-goes-' + (round % 20));
  fs.rmSync(name, { recursive: true, force: true });
  if (round % 3 === 0) fs.mkdirSync(name);
  else if (round % 3 === 1) fs.writeFileSync(name, 'a file');
  else fs.symlinkSync('nowhere', name);
  fs.writeFileSync(at('rounds'), String(round));
  setImmediate(turn);
};
turn();
`;

/** A program that commits 200 transactions a second to a database, and records each committed one in a file. */
const WRITER = `
const { DatabaseSync } = require('node:sqlite');
const fs = require('node:fs');
const [database, committed] = process.argv.slice(1);
const connection = new DatabaseSync(database, { timeout: 10_000 });
connection.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, filler TEXT)');
const insert = connection.prepare('INSERT INTO t (n, filler) VALUES (?, ?)');
let n = 0;
setInterval(() => {
  insert.run(++n, 'x'.repeat(500));
  fs.writeFileSync(committed, String(n));
}, 5);
`;

describe('a volume in use', () => {
  const world = useTool();
  let tool: Tool;
  let folder: TemporaryFolder;
  let volume: string;
  const { env } = world;

  beforeEach(() => {
    ({ tool, folder, volume } = world);
  });

  /** Runs a Node program in the background. */
  const beside = (program: string, ...args: string[]) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', program, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return {
      pid: child.pid,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      },
    };
  };
  const numberIn = (file: string): number => Number(readFileSync(file, 'utf8'));

  it('whose files grow, shrink, vanish and change type yields valid archives with warnings', async () => {
    writeFileSync(`${volume}/steady`, Buffer.alloc(3_000_000, 'steady'));
    const warnings: string[] = [];
    {
      await using restless = beside(RESTLESS, volume);
      expect(restless.pid).toBeGreaterThan(0);
      await eventually(() => numberIn(`${volume}/rounds`) > 20, { what: 'the files to move' });
      for (let count = 0; count < 8; count++) {
        const made = await tool.run(['backup'], env());
        expect(made).toMatchObject({ code: 0 });
        warnings.push(...made.result.warnings);
        expect(await tool.run(['verify'], env({ RESTORE_BACKUP_ID: made.result.id }))).toMatchObject({ code: 0 });
      }
    }
    expect(warnings.length).toBeGreaterThan(0);
    for (const warning of warnings)
      expect(warning).toMatch(/grew|shrank|was removed|no longer a regular file|changed its type|rewritten|does not count as good/);
    expect((await tool.run(['restore'], env({ RESTORE_CLEAN: 'true' }))).code).toBe(0);
    expect(readFileSync(`${volume}/steady`).equals(Buffer.alloc(3_000_000, 'steady'))).toBe(true);
  });

  it('with a SQLite database that is written 200 times a second yields consistent, complete copies', async () => {
    const committed = folder.at('committed');
    await using writer = beside(WRITER, `${volume}/live.db`, committed);
    expect(writer.pid).toBeGreaterThan(0);
    await eventually(() => numberIn(committed) > 100, { what: 'the writer to be at work' });
    for (let count = 0; count < 5; count++) {
      const before = numberIn(committed);
      const made = await tool.run(['backup'], env());
      expect(made).toMatchObject({ code: 0, result: { warnings: [] } });
      const target = folder.folder(`copy-${count}`);
      expect((await tool.run(['restore', '--path', target, '--id', made.result.id], env())).code).toBe(0);
      const copy = new DatabaseSync(`${target}/live.db`);
      expect(copy.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
      const { rows, last } = copy.prepare('SELECT count(*) AS rows, max(n) AS last FROM t').get() as { rows: number; last: number };
      expect(rows).toBe(last);
      expect(last).toBeGreaterThanOrEqual(before);
      copy.close();
    }
  });
});
