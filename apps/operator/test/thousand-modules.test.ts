import type { BotModule } from '@eeveebot/crds';
import { DEFINITIONS, eventually, startControlPlane, startKwok } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { startOperator } from './running-operator.ts';
import { botModule, newNamespace } from './world.ts';

const MODULES = 1_000;

/** A plain operator in Go sends 5.7: ConfigMap, Deployment and status, and intermediate statuses. */
const MOST_REQUESTS = 5;

const ENOUGH_MS = 240_000;

describe('thousand modules', () => {
  it(
    `run, at no more than ${MOST_REQUESTS} requests each, and another operator finds nothing to do`,
    { timeout: 2 * ENOUGH_MS },
    async () => {
      await using kube = await startControlPlane({ scheduler: true, definitions: DEFINITIONS });
      await using kwok = await startKwok(kube, { nodes: 0 });
      await kwok.addNode();
      const namespace = await newNamespace(kube);
      const first = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
      const before = await first.requests();
      const modules = Array.from({ length: MODULES }, (_, index) =>
        botModule(`m${index}`, namespace, { moduleConfig: `number: ${index}` }),
      );
      await kube.kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: modules }) });
      await eventually(
        async () => {
          const { items } = await kube.get<{ items: readonly BotModule[] }>('botmodules', '-n', namespace);
          const unready = items.filter(
            ({ status }) => !status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
          );
          if (unready.length > 0) throw new Error(`${unready.length} are not ready, ${unready[0]?.metadata.name} the first of them`);
          return items.length === MODULES;
        },
        { what: `${MODULES} modules to be ready`, timeoutMs: ENOUGH_MS, intervalMs: 2_000 },
      );
      expect((await first.requests()) - before).toBeLessThanOrEqual(MOST_REQUESTS * MODULES);
      expect(first.warnings).toEqual([]);
      await first.stop();

      await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
      await eventually(async () => (await second.reconciles()) >= MODULES, { what: 'all of them to be looked at', timeoutMs: ENOUGH_MS });
      // The write that acquires the Lease.
      expect(await second.writes()).toBe(1);
    },
  );
});
