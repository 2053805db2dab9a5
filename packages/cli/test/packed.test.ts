import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OLDER_NODES, OutsideProject, PackedPackages, olderNode, olderNodesObstacle } from '@eeveebot/testing';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgramIn } from './eevee.ts';

let packed: PackedPackages;

beforeAll(async () => {
  packed = await PackedPackages.build();
});

afterAll(() => packed[Symbol.dispose]());

describe('the tarball of the command line', () => {
  it('passes publint', async () => {
    const { messages } = await publint({
      pack: { tarball: new Uint8Array(readFileSync(await packed.tarball('cli'))).buffer },
      strict: true,
    });
    expect(messages).toEqual([]);
  });

  it('needs no other package, and contains the license', async () => {
    using project = await OutsideProject.make(packed, { packages: ['cli'] });
    const folder = join(project.folder, 'node_modules/@eeveebot/cli');
    expect(existsSync(join(folder, 'LICENSE'))).toBe(true);
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).not.toHaveProperty('dependencies');
  });
});

const nodes: readonly (readonly [string, () => string])[] = [
  ...OLDER_NODES.map((major) => [String(major), () => olderNode(major)] as const),
  ['26', () => process.execPath],
];

describe.each(nodes)('the command line from npm, in a project without other packages, on Node.js %s', (version, node) => {
  const skip = version !== '26' && olderNodesObstacle() !== undefined;

  it.skipIf(skip)('runs a new module, and a bot', async () => {
    using project = await OutsideProject.make(packed, { packages: ['libeevee', 'create-module', 'cli'] });
    const run = (args: readonly string[], input: string) =>
      runProgramIn({ program: node(), args: args.map((each) => each.replace('@', 'node_modules/@eeveebot/')), cwd: project.folder, input });
    expect(await run(['@create-module/dist/main.js', 'my-bot'], '')).toMatchObject({ code: 0 });
    const dev = await run(['@cli/dist/eevee.js', 'dev', 'my-bot'], '!my-bot hello\n');
    expect(dev).toMatchObject({ code: 0, stdout: '<tester> !my-bot hello\n<eevee> hello\n' });
    const chat = await run(['@cli/dist/eevee.js', 'chat', '--no-nats-server', '--module', 'my-bot'], '!help my-bot\n');
    expect(chat).toMatchObject({ code: 0, stdout: expect.stringContaining('!my-bot <text>') });
  });
});
