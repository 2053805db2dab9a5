import { readFileSync } from 'node:fs';
import { PROSE_EXCEPTIONS } from './exceptions.ts';
import { type ProseFinding, proseFindings } from './findings.ts';
import { proseSources } from './sources.ts';

/** Findings that a failed check prints. */
const SHOWN = 20;

const [option] = process.argv.slice(2);
if (option === '--list') list(process.argv[3] ?? '');
else check();

/** Fails when there is a finding. */
function check(): void {
  const findings = allFindings();
  if (findings.length === 0) return;
  console.error(`${findings.length} phrases that docs/style.md advises against:`);
  console.error(lines(findings.slice(0, SHOWN)));
  console.error('`npx node scripts/prose/check.ts --list PATH` lists the findings below a path.');
  process.exitCode = 1;
}

/** Prints the findings in files whose path contains the given text. */
function list(part: string): void {
  console.log(lines(allFindings().filter(({ file }) => file.includes(part))));
}

function allFindings(): readonly ProseFinding[] {
  return proseSources().flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const sourceLines = text.split('\n');
    const excepted = PROSE_EXCEPTIONS.filter((each) => each.file === file);
    return proseFindings(file, text).filter(({ line }) => !excepted.some(({ words }) => sourceLines[line - 1]?.includes(words)));
  });
}

function lines(findings: readonly ProseFinding[]): string {
  return findings.map(({ file, line, pattern, text, instead }) => `  ${file}:${line}: “${text}” (${pattern}): ${instead}`).join('\n');
}
