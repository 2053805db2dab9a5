import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChartSources } from './generated-files.ts';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Reads what the charts' generated files are made from. */
export function readSources(): ChartSources {
  const names = readdirSync(join(ROOT, 'crds')).filter((name) => name.endsWith('.yaml'));
  return {
    definitions: new Map(names.toSorted().map((name) => [name, readFileSync(join(ROOT, 'crds', name), 'utf8')])),
    crdsChart: readFileSync(join(ROOT, 'charts/crds/Chart.yaml'), 'utf8'),
    argocdHealth: readFileSync(join(ROOT, 'charts/operator/argocd/health.lua'), 'utf8'),
    checks: readFileSync(join(ROOT, 'charts/crds/templates/_checks.tpl'), 'utf8'),
    keepDefinitions: readFileSync(join(ROOT, 'charts/crds/templates/_keep-definitions.tpl'), 'utf8'),
  };
}
