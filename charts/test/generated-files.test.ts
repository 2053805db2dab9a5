import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chartFiles } from '../generate/generated-files.ts';
import { readSources, ROOT } from '../generate/sources.ts';

const files = chartFiles(readSources());
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('generated files of the charts', () => {
  it.each([...files])('%s is fresh: else run npm run generate', (path, content) => {
    expect(read(path)).toBe(content);
  });

  it('are all definitions in the chart', () => {
    const wanted = [...files.keys()].filter((path) => path.startsWith('charts/crds/crds/'));
    expect(readdirSync(join(ROOT, 'charts/crds/crds')).map((name) => `charts/crds/crds/${name}`)).toEqual(expect.arrayContaining(wanted));
    expect(readdirSync(join(ROOT, 'charts/crds/crds'))).toHaveLength(wanted.length);
  });
});

describe('the versions of the charts', () => {
  interface Chart {
    readonly version: string;
    readonly appVersion: string;
    readonly dependencies?: readonly { readonly name: string; readonly version: string }[];
  }
  const chart = (name: string): Chart => parse(read(`charts/${name}/Chart.yaml`)) as Chart;

  it('are those that the umbrella requires', () => {
    for (const { name, version } of chart('eevee').dependencies ?? []) expect(`${name} ${version}`).toBe(`${name} ${chart(name).version}`);
  });

  it('install the operator of this repository', () => {
    const { version } = JSON.parse(read('apps/operator/package.json')) as { version: string };
    expect(['crds', 'operator', 'bot', 'eevee'].map((name) => chart(name).appVersion)).toEqual(Array<string>(4).fill(version));
  });
});
