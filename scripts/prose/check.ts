import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { PROSE_EXCEPTIONS } from './exceptions.ts';
import { type ProseFinding, proseFindings, workspaceOf } from './findings.ts';
import { proseSources } from './sources.ts';

/** Findings that a workspace may still have. It only goes down, and is deleted when nothing is left. */
const BASELINE = new URL('baseline.json', import.meta.url);

/** Findings that are printed for a workspace that has too many. */
const SHOWN = 20;

type Counts = Readonly<Record<string, number>>;

const [option] = process.argv.slice(2);
if (option === '--list') list(process.argv[3] ?? '');
else if (option === '--lower') lower();
else check();

/** Fails when a workspace has more findings than its baseline. */
function check(): void {
  const [findings, allowed] = [allFindings(), baseline()];
  const counts = countsOf(findings);
  const over = Object.keys(counts).filter((workspace) => (counts[workspace] ?? 0) > (allowed[workspace] ?? 0));
  for (const workspace of over) {
    console.error(`${workspace} has ${counts[workspace]} findings, and its baseline is ${allowed[workspace] ?? 0}:`);
    console.error(lines(findings.filter(({ file }) => workspaceOf(file) === workspace).slice(0, SHOWN)));
  }
  if (over.length === 0) return;
  console.error('docs/style.md says how to write it. `node scripts/prose/check.ts --list PATH` lists the findings below a path.');
  process.exitCode = 1;
}

/** Prints the findings in files whose path contains the given text. */
function list(part: string): void {
  console.log(lines(allFindings().filter(({ file }) => file.includes(part))));
}

/** Takes the present counts as the baseline, where they are lower. */
function lower(): void {
  const [counts, allowed] = [countsOf(allFindings()), baseline()];
  const lowered = Object.entries(allowed).flatMap(([workspace, limit]) => {
    const next = Math.min(limit, counts[workspace] ?? 0);
    return next === 0 ? [] : [[workspace, next] as const];
  });
  if (lowered.length === 0) rmSync(BASELINE, { force: true });
  else writeFileSync(BASELINE, `${JSON.stringify(Object.fromEntries(lowered), null, 2)}\n`);
}

function allFindings(): readonly ProseFinding[] {
  return proseSources().flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const sourceLines = text.split('\n');
    const excepted = PROSE_EXCEPTIONS.filter((each) => each.file === file);
    return proseFindings(file, text).filter(({ line }) => !excepted.some(({ words }) => sourceLines[line - 1]?.includes(words)));
  });
}

function countsOf(findings: readonly ProseFinding[]): Counts {
  const counts: Record<string, number> = {};
  for (const { file } of findings) counts[workspaceOf(file)] = (counts[workspaceOf(file)] ?? 0) + 1;
  return counts;
}

function baseline(): Counts {
  try {
    return JSON.parse(readFileSync(BASELINE, 'utf8')) as Counts;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

function lines(findings: readonly ProseFinding[]): string {
  return findings.map(({ file, line, pattern, text, instead }) => `  ${file}:${line}: “${text}” (${pattern}): ${instead}`).join('\n');
}
