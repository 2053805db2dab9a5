import { mkdirSync, rmSync } from 'node:fs';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { BUCKET, jobEnvironment, objectPath, Tool } from './tool.ts';
import { TemporaryFolder } from './trees.ts';

/** The surroundings of a test of the tool. */
export interface ToolWorld {
  readonly s3: S3Server;
  readonly tool: Tool;
  /** A temporary folder per test. */
  readonly folder: TemporaryFolder;
  /** An empty volume in that folder. */
  readonly volume: string;
  /** The environment of the operator's Jobs for that volume. */
  env(more?: Readonly<Record<string, string>>): Record<string, string>;
}

/** Options of {@link useTool}. */
interface ToolWorldOptions {
  /** A command and its arguments that runs the tool. */
  readonly through?: readonly string[];
  /** Name of the volume's folder. */
  readonly volumeName?: string;
  /** Whether the objects of other tests in the file are kept; by default the bucket is empty in each test. */
  readonly keepsObjects?: boolean;
}

/**
 * Starts an S3 server and bundles the tool once per file, and creates a volume for each test. Call it in a `describe`, before other hooks.
 *
 * @example
 * const world = useTool();
 * it('makes a backup', async () => expect((await world.tool.run(['backup'], world.env())).code).toBe(0));
 */
export function useTool({ through = [], volumeName = 'data', keepsObjects = false }: ToolWorldOptions = {}): ToolWorld {
  let started: { readonly s3: S3Server; readonly tool: Tool } | undefined;
  let prepared: { readonly folder: TemporaryFolder; readonly volume: string } | undefined;
  beforeAll(async () => {
    const s3 = await startS3Server({ buckets: [BUCKET] });
    started = { s3, tool: new Tool({ through }) };
  });
  afterAll(async () => {
    started?.tool[Symbol.dispose]();
    await started?.s3.stop();
  });
  beforeEach(() => {
    if (!keepsObjects) {
      rmSync(objectPath(world.s3, ''), { recursive: true, force: true });
      mkdirSync(objectPath(world.s3, ''));
    }
    const folder = new TemporaryFolder();
    prepared = { folder, volume: folder.folder(volumeName) };
  });
  afterEach(() => prepared?.folder[Symbol.dispose]());

  const world: ToolWorld = {
    get s3() {
      return existing(started).s3;
    },
    get tool() {
      return existing(started).tool;
    },
    get folder() {
      return existing(prepared).folder;
    },
    get volume() {
      return existing(prepared).volume;
    },
    env: (more = {}) => jobEnvironment(world.s3, world.volume, more),
  };
  return world;
}

function existing<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('useTool() prepares this in hooks: use it in tests and later hooks only');
  return value;
}
