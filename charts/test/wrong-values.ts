import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, mutated, type Mutation, type Path, rounds } from '@eeveebot/testing';
import { type ChartCluster, startChartCluster } from './cluster.ts';
import { manifests } from './manifests.ts';
import { MONITORING_DEFINITIONS } from './monitoring-definitions.ts';
import { refusalsOf, concerns } from './schema-refusals.ts';

const NAMESPACE = 'bots';

const NO_SCHEMAS = '--skip-schema-validation';

const show = ({ path, value }: Mutation): string => `${path.join('.')} = ${JSON.stringify(value).slice(0, 60)}`;

const dotted = (path: Path): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .slice(1);

/** Whether the message of a template, or of Helm about the values of a whole chart, names the value as its author has written it. */
const isNamed = (message: string, path: Path): boolean =>
  (message.includes('execution error at') && message.includes(dotted(path.slice(1)))) ||
  message.includes(`type mismatch on ${dotted(path)}:`);

/** Text of a failure. */
const failureOf = (request: Promise<unknown>): Promise<string | undefined> =>
  request.then(
    () => undefined,
    (error: unknown) => String(error),
  );

/**
 * Tests that each value of a valid base is refused with its path, or accepted by the API server, whatever it is set to. Each gets each wrong
 * value, many at once: one at a time would take hours.
 */
export function describeWrongValues(of: string, base: Json): void {
  describe(`wrong values of ${of}`, () => {
    let cluster: ChartCluster;
    const accepted = new Set<string>();
    const namespaces = new Set([NAMESPACE]);

    beforeAll(async () => {
      cluster = await startChartCluster();
      await cluster.kube.createNamespace(NAMESPACE);
      await cluster.kube.apply(...MONITORING_DEFINITIONS);
      await cluster.kube.installDefinitions(`${cluster.helm.chart('crds')}/crds`);
      // Then the chart renders the Job that updates it.
      await cluster.kube.kubectl(['annotate', 'crd', 'botmodules.eevee.bot', 'eevee.bot/crd-checksum=of-an-earlier-one', '--overwrite']);
    });
    afterAll(() => cluster?.[Symbol.asyncDispose]());

    const render = (values: Json, ...args: readonly string[]): Promise<string> =>
      cluster.helm.run(
        ['template', 'e', cluster.helm.chart('eevee'), '-n', NAMESPACE, '--kube-version', '1.37.2', '--values', '-', ...args],
        { input: JSON.stringify(values) },
      );

    /** Renders the charts and sends the objects that are new to the API server. @throws Error if either fails. */
    async function tryOut(values: Json, ...args: readonly string[]): Promise<void> {
      const items = manifests(await render(values, '--dry-run=server', ...args)).filter((object) => !accepted.has(JSON.stringify(object)));
      if (items.length === 0) return;
      for (const namespace of items.map(({ metadata }) => metadata.namespace ?? NAMESPACE)) await ensureNamespace(namespace);
      await cluster.kube.dryRun(...items);
      for (const object of items) accepted.add(JSON.stringify(object));
    }

    async function ensureNamespace(name: string): Promise<void> {
      if (namespaces.has(name)) return;
      await cluster.kube.createNamespace(name);
      namespaces.add(name);
    }

    /** Tries out values that pass the schemas. Most calls find a problem in the templates, without the schemas and the API server. */
    async function tryOutValid(values: Json): Promise<void> {
      await render(values, NO_SCHEMAS);
      await tryOut(values, NO_SCHEMAS);
    }

    /** The values that pass the schemas, but whose objects the API server refuses, each with its message. */
    async function unclear(mutations: readonly Mutation[], attempt = tryOutValid): Promise<readonly string[]> {
      if (mutations.length === 0) return [];
      const problem = await failureOf(attempt(mutated(base, mutations)));
      if (problem === undefined) return [];
      const unnamed = mutations.filter(({ path }) => !isNamed(problem, path));
      if (unnamed.length < mutations.length) return unclear(unnamed);
      if (mutations.length === 1) return mutations.map((mutation) => `${show(mutation)}: ${problem.slice(0, 600)}`);
      const middle = Math.ceil(mutations.length / 2);
      const found = [...(await unclear(mutations.slice(0, middle))), ...(await unclear(mutations.slice(middle)))];
      return found.length > 0 ? found : [`together ${mutations.map(show).join(', ')}: ${problem.slice(0, 600)}`];
    }

    it('have a valid base, which uses everything', async () => {
      await tryOut(base);
    });

    it('are refused with their path, or are accepted by the API server', async () => {
      const found: string[] = [];
      for (const round of rounds(base)) {
        const refusals = refusalsOf((await failureOf(render(mutated(base, round)))) ?? '');
        const unrefused = round.filter(({ path }) => !refusals.some((refusal) => concerns(refusal, path)));
        found.push(...(await unclear(unrefused, tryOut)));
      }
      expect(found).toEqual([]);
    });
  });
}
