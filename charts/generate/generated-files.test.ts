import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generatedFiles } from '../../packages/crds/src/generated-files.ts';
import { chartFiles } from './generated-files.ts';
import { readSources, ROOT } from './sources.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const examples = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.yaml'));

/** From the schemas themselves, so that this test detects a change of a field. */
const definitions = new Map(
  [...generatedFiles(examples.toSorted().map((name) => read(`examples/${name}`)))]
    .flatMap(([path, content]) => (path.startsWith('crds/') ? [[path.slice('crds/'.length), content] as const] : []))
    .toSorted(([one], [other]) => (one < other ? -1 : 1)),
);

it.each([...chartFiles({ ...readSources(), definitions })])('%s is fresh: else run npm run generate', (path, content) => {
  expect(read(path)).toBe(content);
});
