import { bench } from './bench.ts';
import { build } from './build.ts';
import { chat } from './chat.ts';
import type { Command } from './command.ts';
import { demo } from './demo.ts';
import { dev } from './dev.ts';
import { format } from './format.ts';
import { generate } from './generate.ts';
import { lint } from './lint.ts';
import { pristine } from './pristine.ts';
import { release } from './release.ts';
import { simulate } from './simulate.ts';
import { test } from './test.ts';
import { updateLibraries } from './update-libraries.ts';
import { verify } from './verify.ts';

const commands: Readonly<Record<string, Command>> = {
  bench,
  build,
  chat,
  demo,
  dev,
  format,
  generate,
  lint,
  pristine,
  release,
  simulate,
  test,
  'update-libraries': updateLibraries,
  verify,
};

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(commands).join(' | ')}`);
  process.exitCode = 64;
} else {
  process.exitCode = await command(args);
}
