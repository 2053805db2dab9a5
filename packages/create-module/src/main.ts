#!/usr/bin/env node
/** `npm create @eeveebot/module my-bot` */
import { randomUUID } from 'node:crypto';
import { basename, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { nameProblem } from './module-name.ts';
import { newModule } from './new-module.ts';
import { readTemplate } from './read-template.ts';
import { shellWord } from './shell-word.ts';
import { writeFiles } from './write-files.ts';

const USAGE = `npm create @eeveebot/module FOLDER

Creates a new module for an eevee bot: source, test, Dockerfile, BotModule manifest and README. The name of the folder is
also the name of the module and of its first command. The folder must not exist, or must be empty except for .git.
`;

/** Bad arguments, as sysexits.h has it. */
const EXIT_USAGE = 64;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The folder to create, or the reason why it cannot be created. */
function folderAsked(): { readonly folder: string } | { readonly problem: string } | 'help' {
  try {
    const { values, positionals } = parseArgs({
      options: { help: { type: 'boolean', short: 'h', default: false } },
      allowPositionals: true,
    });
    if (values.help) return 'help';
    const [folder, ...more] = positionals;
    if (folder === undefined) return { problem: 'the folder is missing' };
    if (more.length > 0) return { problem: `only one folder is allowed, not ${positionals.join(' and ')}` };
    return { folder: resolve(folder) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function main(): number {
  const asked = folderAsked();
  if (asked === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const template = readTemplate();
  const packages = Object.keys({ ...template.dependencies, ...template.devDependencies, ...template.optionalDependencies });
  const problem = 'problem' in asked ? `${asked.problem}\n\n${USAGE}` : nameProblem(basename(asked.folder), packages);
  if (problem !== undefined || 'problem' in asked) {
    process.stderr.write(`${problem ?? ''}\n`);
    return EXIT_USAGE;
  }
  const { folder } = asked;
  try {
    const files = newModule(template, { name: basename(folder), commandUUID: randomUUID(), nodeVersion: process.versions.node });
    writeFiles(folder, files);
    const shown = shellWord(relative('', folder) || '.');
    process.stdout.write(
      `Created ${basename(folder)}: ${Object.keys(files).length} files. Next:\n\n  cd ${shown}\n  npm install\n  npm test\n  npm run dev     # to talk to it\n\nIts README describes how to run it.\n`,
    );
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}

process.exitCode = main();
