import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, npmScript, type SearchOptions } from './find-program.ts';
import { programsOf, type StepName } from './programs.ts';

const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/**
 * PATH for the processes of a step: the tools of `node_modules`, and a folder of links to the step's declared programs.
 *
 * @example
 * spawn('vitest', ['run'], { env: { ...process.env, PATH: stepPath('units') } });
 */
export function stepPath(step: StepName, search: SearchOptions = {}): string {
  const targets = new Map<string, string>([['node', process.execPath]]);
  for (const name of programsOf(step)) {
    const target = (['npm', 'npx'].includes(name) ? npmScript(name) : undefined) ?? findProgram(name, search);
    if (target !== undefined) targets.set(name, target);
  }
  return [join(MODULES, '.bin'), linkFolder(step, targets)].join(delimiter);
}

/** The folder is created atomically and named after its content, so that concurrent runs share it. */
function linkFolder(step: StepName, targets: ReadonlyMap<string, string>): string {
  const id = createHash('sha256')
    .update(JSON.stringify([...targets]))
    .digest('hex')
    .slice(0, 16);
  const parent = join(MODULES, '.cache', 'programs');
  const folder = join(parent, `${step}-${id}`);
  if (existsSync(folder)) return folder;
  mkdirSync(parent, { recursive: true });
  const unfinished = mkdtempSync(join(parent, 'unfinished-'));
  try {
    for (const [name, target] of targets) symlinkSync(target, join(unfinished, name));
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another run was faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
