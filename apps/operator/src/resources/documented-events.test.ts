import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EVENTS } from '@eeveebot/crds';
import { expect, it } from 'vitest';

const SOURCES = fileURLToPath(new URL('../', import.meta.url));
const text = globSync('**/*.ts', { cwd: SOURCES, exclude: (path) => path.endsWith('.test.ts') })
  .map((path) => readFileSync(join(SOURCES, path), 'utf8'))
  .join('\n');

const documented = new Set(Object.values(EVENTS).flatMap((events) => events.map(({ type, reason }) => `${type} ${reason}`)));

it('the reference pages list every event that the operator records', () => {
  const recorded = [...text.matchAll(/type: '(?<type>Normal|Warning)',\s*reason: (?<reason>.*?)(?:, message| \}|\n)/g)].flatMap(
    ({ groups }) => [...(groups?.['reason'] ?? '').matchAll(/'([A-Z]\w+)'/g)].map(([, reason]) => `${groups?.['type']} ${reason}`),
  );
  expect(recorded.length).toBeGreaterThan(20);
  expect(recorded.filter((event) => !documented.has(event))).toEqual([]);
});

it('the operator records every event that the reference pages list', () => {
  const unknown = [...documented].filter((event) => !text.includes(`'${event.split(' ')[1]}'`));
  expect(unknown).toEqual([]);
});
