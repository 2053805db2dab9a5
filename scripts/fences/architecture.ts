import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nameOf } from './refusal.ts';
import type { Fence } from './fence.ts';
import { FENCES } from './table.ts';

const PAGE = fileURLToPath(new URL('../../ARCHITECTURE.md', import.meta.url));
const [START, END] = ['<!-- fences: generated from scripts/fences/table.ts -->', '<!-- end of fences -->'];

/** Text of ARCHITECTURE.md, as it is and with the table of fences as it should be. */
export function architecturePage(): { readonly present: string; readonly fresh: string } {
  const present = readFileSync(PAGE, 'utf8');
  const [before, rest] = halves(present, START);
  const [, after] = halves(rest, END);
  return { present, fresh: `${before}${START}\n${fenceTable()}\n${END}${after}` };
}

/** Writes the table of fences into ARCHITECTURE.md. */
export function writeArchitecturePage(): void {
  writeFileSync(PAGE, architecturePage().fresh);
}

function fenceTable(): string {
  const rows = FENCES.map((fence) => `| ${cell(nameOf(fence))} | ${fence.imports.map(cell).join(', ') || 'nothing'} | ${remark(fence)} |`);
  return ['| files | may import, besides each other | |', '|---|---|---|', ...rows].join('\n');
}

function remark({ pure, why }: Fence): string {
  return [...(pure === true ? ['pure: no process, clock or random numbers'] : []), ...(why === undefined ? [] : [why])].join('; ');
}

/** Names in prose stay as they are; everything else is a path or a package. */
function cell(text: string): string {
  return text.includes(' ') || text.includes('`') ? text : `\`${text.replaceAll('|', '\\|')}\``;
}

function halves(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`ARCHITECTURE.md lacks the line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
