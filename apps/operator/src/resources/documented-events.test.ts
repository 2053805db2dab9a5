import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Kind } from '@eeveebot/contract';
import { EVENTS } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';

const SOURCES = fileURLToPath(new URL('../', import.meta.url));

/** Folders with the code that acts on the resources of a kind, apart from what these files import. */
const FOLDERS: Readonly<Record<Kind, readonly string[]>> = {
  BotModule: ['resources/bot-module', 'http/operations'],
  IpcConfig: ['resources/ipc-config'],
  S3Store: ['resources/s3-store'],
  BackupSchedule: ['resources/backup-schedule'],
  BackupRestore: ['resources/backup-restore'],
};

/** Reports the failures of all reconciles. */
const OF_ALL_KINDS = 'controller/run/retry-line.ts';

/** A restore only creates its Job: the other outcomes of an apply do not occur. */
const IMPOSSIBLE: Partial<Record<Kind, readonly string[]>> = { BackupRestore: ['Normal Updated', 'Normal Adopted', 'Warning Repaired'] };

/** Source files that act on the resources of a kind. */
function filesOf(kind: Kind): readonly string[] {
  const own = FOLDERS[kind].flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: SOURCES }));
  const files = new Set<string>();
  const pending = [OF_ALL_KINDS, ...own.filter((file) => !file.endsWith('.test.ts'))];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const { groups } of textOf(file).matchAll(/^import (?!type)[^;]*? from '(?<path>\.[^']+)';$/gm))
      pending.push(normalize(join(dirname(file), groups?.['path'] ?? '')));
  }
  return [...files];
}

const textOf = (file: string): string => readFileSync(join(SOURCES, file), 'utf8');

/** Events in a text, as `Type Reason`. */
const eventsIn = (text: string): readonly string[] =>
  [...text.matchAll(/type: '(?<type>Normal|Warning)',\s*reason: (?<reason>.*?)(?:, message| \}|\n)/g)].flatMap(({ groups }) =>
    [...(groups?.['reason'] ?? '').matchAll(/'([A-Z]\w+)'/g)].map(([, reason]) => `${groups?.['type']} ${reason}`),
  );

const KINDS = Object.keys(EVENTS) as readonly Kind[];
const texts = new Map(KINDS.map((kind) => [kind, filesOf(kind).map(textOf).join('\n')]));

describe.each(KINDS)('the reference page of %s', (kind) => {
  const text = texts.get(kind) ?? '';
  const documented = EVENTS[kind].map(({ type, reason }) => `${type} ${reason}`);

  it('lists every event that the operator records on it', () => {
    const recorded = eventsIn(text).filter((event) => IMPOSSIBLE[kind]?.includes(event) !== true);
    expect(recorded.length).toBeGreaterThan(2);
    expect(recorded.filter((event) => !documented.includes(event))).toEqual([]);
  });

  it('lists no event that the operator does not record on it', () => {
    expect(documented.filter((event) => !text.includes(`'${event.split(' ')[1]}'`))).toEqual([]);
  });
});

it('no source file records an event of no kind', () => {
  const all = globSync('**/*.ts', { cwd: SOURCES, exclude: (path) => path.endsWith('.test.ts') });
  const known = new Set([...texts.values()].flatMap(eventsIn));
  expect(all.flatMap((file) => eventsIn(textOf(file))).filter((event) => !known.has(event))).toEqual([]);
});
