import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChartName, Helm } from '@eeveebot/testing';
import { afterAll, beforeAll } from 'vitest';
import { manifests, type Rendered } from './manifests.ts';

/** How {@link Charts.template} renders a chart. */
interface TemplateOptions {
  /** Default: `eevee`. */
  readonly release?: string;
  /** Further arguments of `helm template`, such as another namespace than `bots`. */
  readonly args?: readonly string[];
}

/** The charts of this repository, and a helm that renders them without a cluster. */
export interface Charts {
  readonly helm: Helm;
  /** For files of the tests. */
  readonly folder: string;
  /** Renders a chart. @param values as an object, or as YAML. @throws {HelmError} for values that the chart refuses. */
  template(chart: ChartName, values?: object | string, options?: TemplateOptions): Promise<string>;
  /** As {@link template}, as objects. */
  objects(chart: ChartName, values?: object | string, options?: TemplateOptions): Promise<readonly Rendered[]>;
}

/**
 * Copies the charts before the tests of the surrounding `describe`, and removes them afterwards.
 *
 * @example
 * const charts = useCharts();
 * it('renders', async () => expect(await charts.template('bot', { irc: [] })).toContain('kind:'));
 */
export function useCharts(): Charts {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-charts-'));
  let helm: Helm;
  beforeAll(async () => {
    helm = await Helm.withCharts(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const template: Charts['template'] = (chart, values = {}, { release = 'eevee', args = [] } = {}) =>
    helm.run(['template', release, helm.chart(chart), '-n', 'bots', '--kube-version', '1.37.2', '--values', '-', ...args], {
      input: typeof values === 'string' ? values : JSON.stringify(values),
    });
  return {
    get helm() {
      return helm;
    },
    folder,
    template,
    objects: async (...given) => manifests(await template(...given)),
  };
}
