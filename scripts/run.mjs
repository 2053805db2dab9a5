#!/usr/bin/env node
// Entry point of every npm script of the root: `node scripts/run.mjs COMMAND …`, the first program that runs after a clone.
// It installs missing modules, then starts Node 26, which runs the TypeScript of the commands directly.
// This file itself runs on Node 20 with built-ins only.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureModules, installedNode, linkNode } from './setup/modules.mjs';
import { ensureNodeLibraries } from './setup/node-libraries.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const NEEDED_MAJOR = 26;

process.chdir(ROOT);
const obstacle = ensureNodeLibraries();
if (obstacle !== undefined) {
  console.error(obstacle);
  process.exit(69);
}
await ensureModules(ROOT);
linkNode(ROOT);

const child = spawn(nodeToUse(), ['--conditions=@eeveebot/source', 'scripts/commands/main.ts', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
});
// A Ctrl-C at the terminal reaches the child as well: it cleans up, we wait for it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGHUP'));
// npm starts this process through a shell that forwards no signals, so the end of the shell ends the command.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) child.kill('SIGTERM');
}, 500).unref();
child.on('error', (error) => {
  console.error(`could not start Node: ${error.message}`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
});

function nodeToUse() {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) return process.execPath;
  const installed = installedNode(ROOT);
  if (installed !== undefined) return installed;
  console.error(
    `This needs Node ${NEEDED_MAJOR}, but Node ${process.version} is running. On Linux (x64, arm64) npm installs the right version; ` +
      `on ${process.platform} (${process.arch}) install Node ${NEEDED_MAJOR} yourself (.node-version names the exact one) and try again.`,
  );
  process.exit(69);
}
