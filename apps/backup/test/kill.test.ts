import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { Store } from '@eeveebot/object-store';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET, jobEnvironment, objectPath, storedKeys, Tool, type RunningTool, type ToolEnd } from './tool.ts';
import { describeTree, TemporaryFolder } from './trees.ts';

/** How often each command is killed, half by each signal and half of the restores of each kind. */
const MOMENTS = Number(process.env['KILL_MOMENTS'] ?? 50);
const NO_BACKUP = '00000000-0000-4000-8000-000000000000';
const MEBIBYTE = 1024 * 1024;

/** A stage of a command: how its start is detected, and how long it may take. */
interface Stage {
  readonly isReached: () => boolean;
  readonly spreadMs: number;
}

/** Yields to other processes and timers as briefly as possible. */
const turn = () => delay(1);

describe('when killed at any moment,', () => {
  let s3: S3Server;
  let tool: Tool;
  let folder: TemporaryFolder;
  let volume: string;
  const env = (more: Record<string, string> = {}) =>
    jobEnvironment(s3, volume, { TMPDIR: folder.folder('tmp'), HOME: folder.folder('home'), ...more });

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    tool = new Tool();
    folder = new TemporaryFolder();
    volume = folder.folder('data');
  });
  afterAll(async () => {
    folder?.[Symbol.dispose]();
    tool?.[Symbol.dispose]();
    await s3?.stop();
  });

  /** Kills the tool when `isReached` returns true and a random part of `spreadMs` has passed. */
  async function killed(running: RunningTool, { signal, isReached, spreadMs }: Stage & { signal: NodeJS.Signals }): Promise<ToolEnd> {
    const isOver = () => running.process.exitCode !== null;
    while (!isOver() && !isReached()) await turn();
    const untilMs = performance.now() + Math.random() * spreadMs;
    while (!isOver() && performance.now() < untilMs) await turn();
    running.process.kill(signal);
    const end = await running.ended;
    // Before Node runs the program, a signal terminates it by default; nothing was done yet.
    if (signal === 'SIGTERM') expect([0, 143, 'SIGTERM']).toContain(end.code ?? end.signal);
    return end;
  }

  const signalOf = (moment: number): NodeJS.Signals => (moment % 2 === 0 ? 'SIGKILL' : 'SIGTERM');

  it.each([{ clean: 'true' }, { clean: 'false' }])(
    'a restore (clean: $clean) leaves either the old or the new data once the next one has started',
    async ({ clean }) => {
      rmSync(volume, { recursive: true, force: true });
      fillVolume(volume, 'new');
      if (clean === 'false') writeFileSync(`${volume}/only-old`, 'stays');
      const fresh = contents(volume);
      const backup = await tool.run(['backup'], env());
      expect(backup.code).toBe(0);
      rmSync(volume, { recursive: true, force: true });
      fillVolume(volume, 'old');
      writeFileSync(`${volume}/only-old`, 'stays');
      const old = contents(volume);
      rmSync(folder.at('saved'), { recursive: true, force: true });
      execFileSync('cp', ['-a', volume, folder.at('saved')]);
      const restore = (id: string) => env({ RESTORE_BACKUP_ID: id, RESTORE_CLEAN: clean });
      const staging = `${volume}/.eevee-restore`;
      const journal = `${staging}/journal.json`;
      const marks = [() => true, () => existsSync(staging), () => existsSync(journal)];
      const reachedMs: number[] = [];
      const whole = tool.start(['restore'], restore(backup.result.id));
      for (const isReached of marks) {
        while (whole.process.exitCode === null && !isReached()) await turn();
        reachedMs.push(performance.now());
      }
      expect((await whole.ended).code).toBe(0);
      const endedMs = performance.now();
      expect(difference(fresh, contents(volume))).toEqual({ missing: [], more: [] });

      // The durations measured on this machine, so that each stage is equally likely on any machine.
      const stages = marks.map((isReached, at): Stage => ({ isReached, spreadMs: endedMs - (reachedMs[at] ?? endedMs) }));
      const seen = { old: 0, new: 0, unfinished: 0 };
      const hasSeenAll = () => Object.values(seen).every((times) => times > 0);
      for (let moment = 0; moment < MOMENTS / 2 || (!hasSeenAll() && moment < 10 * MOMENTS); moment++) {
        rmSync(volume, { recursive: true, force: true });
        execFileSync('cp', ['-a', folder.at('saved'), volume]);
        const stage = stages[moment % stages.length];
        if (stage === undefined) throw new Error('no stage for this moment');
        const signal = signalOf(Math.floor(moment / stages.length));
        const end = await killed(tool.start(['restore'], restore(backup.result.id)), { signal, ...stage });
        if (existsSync(journal)) seen.unfinished++;
        if (signal === 'SIGTERM') expect(existsSync(staging)).toBe(false);
        // Requests a backup that does not exist, so it only finishes the interrupted restore.
        expect((await tool.run(['restore'], restore(NO_BACKUP))).code).toBe(66);
        expect(existsSync(staging)).toBe(false);
        const now = contents(volume);
        const isNew = now.join('\n') === fresh.join('\n');
        if (!isNew) expect({ signal, stage: moment % stages.length, ...difference(old, now) }).toMatchObject({ missing: [], more: [] });
        if (end.code === 0) expect(isNew).toBe(true);
        if (end.code === 143) expect(isNew).toBe(false);
        seen[isNew ? 'new' : 'old']++;
        expect(filesWith(folder.path, s3.credentials.secretAccessKey)).toEqual([]);
      }
      // Ensures that the kills hit running restores.
      expect(hasSeenAll(), JSON.stringify(seen)).toBe(true);
    },
  );

  it('a backup leaves only complete backups and an unchanged volume, and nothing after SIGTERM', async () => {
    rmSync(volume, { recursive: true, force: true });
    mkdirSync(volume);
    for (let file = 0; file < 40; file++) writeFileSync(`${volume}/${file}`, randomBytes(MEBIBYTE));
    const database = new DatabaseSync(`${volume}/seen.db`);
    database.exec('CREATE TABLE t (n); INSERT INTO t VALUES (1)');
    database.close();
    const before = contents(volume);
    rmSync(objectPath(s3, 'chat'), { recursive: true, force: true });
    const store = await Store.open({
      endpoint: s3.endpoint,
      bucket: BUCKET,
      region: s3.region,
      pathStyle: true,
      signatureV2: false,
      credentials: s3.credentials,
    });
    const uploads = async () => {
      const keys: string[] = [];
      for await (const { key } of store.pendingUploads('chat/seen/')) keys.push(key);
      return keys;
    };
    const began = performance.now();
    expect((await tool.run(['backup'], env())).code).toBe(0);
    const wholeMs = performance.now() - began;
    const parts = objectPath(s3, '.sgwtmp/multipart');
    const uploadsBegun = () => (existsSync(parts) ? readdirSync(parts) : []);
    let begunBefore: readonly string[] = [];
    const stages: readonly Stage[] = [
      { isReached: () => true, spreadMs: wholeMs * 1.2 },
      { isReached: () => uploadsBegun().some((upload) => !begunBefore.includes(upload)), spreadMs: wholeMs },
    ];
    const seen = { finished: 0, unfinished: 0, left: 0, removed: 0 };
    const hasSeenAll = () => Object.values(seen).every((times) => times > 0);
    for (let moment = 0; moment < MOMENTS || (!hasSeenAll() && moment < 10 * MOMENTS); moment++) {
      const signal = signalOf(moment);
      begunBefore = uploadsBegun();
      const stage = stages[Math.floor(moment / 2) % stages.length];
      if (stage === undefined) throw new Error('no stage for this moment');
      const end = await killed(tool.start(['backup'], env()), { signal, ...stage });
      seen[end.code === 0 ? 'finished' : 'unfinished']++;
      // Leftovers of earlier runs may still change: the server carries out requests of killed processes.
      const id = /chat\/seen\/([-0-9a-f]+)/.exec(end.stderr)?.[1] ?? 'none';
      const left = (await uploads()).some((key) => key.includes(id));
      if (signal === 'SIGTERM') {
        expect(left).toBe(false);
        expect(readdirSync(folder.at('tmp'))).toEqual([]);
        if (end.code === 143) expect(storedKeys(s3).filter((key) => key.startsWith(id))).toEqual([]);
        if (end.code === 143 && id !== 'none') seen.removed++;
      } else {
        // A copy of a database may remain; in a pod it is removed with the pod.
        rmSync(folder.at('tmp'), { recursive: true, force: true });
        mkdirSync(folder.at('tmp'));
        if (left) seen.left++;
      }
      expect(filesWith(folder.path, s3.credentials.secretAccessKey)).toEqual([]);
      expect(difference(before, contents(volume))).toEqual({ missing: [], more: [] });
    }
    store.close();
    expect(hasSeenAll(), JSON.stringify(seen)).toBe(true);
    const archives = storedKeys(s3).filter((key) => key.endsWith('.tar.gz'));
    expect(archives.length).toBeGreaterThanOrEqual(seen.finished);
    for (const key of archives) {
      const id = key.replace('.tar.gz', '');
      expect(await tool.run(['verify', '--id', id], env())).toMatchObject({ code: 0, result: { files: before.length } });
    }
    const listed = (await tool.run(['list'], env())).result['backups'];
    expect(listed).toHaveLength(archives.length);
  });
});

/** A volume in which every file identifies its state, large enough that its restore takes a while. */
function fillVolume(volume: string, state: 'old' | 'new'): void {
  const name = (index: number) => String(index).padStart(4, '0');
  mkdirSync(`${volume}/folder/deep`, { recursive: true });
  for (let file = 0; file < 250; file++) writeFileSync(`${volume}/${name(file)}`, `${state} ${file}`);
  for (let file = 0; file < 60; file++) writeFileSync(`${volume}/folder/deep/${name(file)}`, `${state} ${file}`);
  writeFileSync(`${volume}/large`, Buffer.alloc(8 * MEBIBYTE, `${state} and ${randomBytes(5000).toString('hex')}`));
  if (state === 'new') writeFileSync(`${volume}/only-new`, 'comes');
  mkdirSync(`${volume}/${state === 'old' ? 'was-folder' : 'is-folder'}`);
  writeFileSync(`${volume}/${state === 'old' ? 'is-folder' : 'was-folder'}`, state);
}

/** The contents of a folder, without the time of its root, which the staging directory changes. */
const contents = (root: string): readonly string[] => {
  const [top = '', ...rest] = describeTree(root);
  return [top.split(' | ').toSpliced(5, 1).join(' | '), ...rest];
};

/** The differences between two trees, shorter than the trees themselves. */
const difference = (expected: readonly string[], found: readonly string[]) => ({
  missing: expected.filter((line) => !found.includes(line)).slice(0, 5),
  more: found.filter((line) => !expected.includes(line)).slice(0, 5),
});

/** Files in a directory tree that contain `secret`. */
function filesWith(root: string, secret: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .filter((path) => readFileSync(path).includes(secret));
}
