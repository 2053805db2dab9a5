import { deepStrictEqual } from 'node:assert/strict';
import { eventually } from '@eeveebot/testing';
import { Contender, type Program } from './contender.ts';
import { botModule, collection, isReady } from './objects.ts';
import type { World } from './world.ts';

interface Made {
  readonly metadata: { readonly labels?: object };
  readonly data?: object;
  readonly spec?: object;
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
}

/**
 * Checks that the programs make the same objects of a module and end with the same status: a program that makes smaller ones costs itself,
 * the API server and the controllers of Kubernetes less.
 *
 * @throws AssertionError with the differences.
 */
export async function assertSameObjects([first, ...others]: readonly Program[], world: World): Promise<void> {
  if (first === undefined || others.length === 0) return;
  const expected = await madeBy(first, world);
  for (const other of others)
    deepStrictEqual(await madeBy(other, world), expected, `${other.name} does not make the same objects as ${first.name}`);
}

/** The objects that a program makes of one module, without the parts that differ between any two objects. */
async function madeBy(program: Program, { kube, api, folder }: World): Promise<unknown> {
  const namespace = 'same-objects';
  await kube.kubectl(['create', 'namespace', namespace]);
  await using contender = await Contender.start(program, { kubeconfig: kube.kubeconfig, namespace, folder });
  await api.send('POST', collection('eevee.bot/v1', namespace, 'botmodules'), botModule(0, namespace));
  const get = async (plural: string, name: string) =>
    JSON.parse(await kube.kubectl(['get', plural, name, '--namespace', namespace, '--output', 'json'])) as Made;
  await eventually(async () => isReady((await get('botmodules', 'm0')) as Parameters<typeof isReady>[0]), {
    what: `the module of ${program.name} to be ready`,
  });
  const { status } = await get('botmodules', 'm0');
  const objects = await Promise.all([get('configmaps', 'eevee-m0-module-config'), get('deployments', 'eevee-m0-module')]);
  await contender.server.stop();
  await kube.kubectl(['delete', 'namespace', namespace, '--timeout=300s']);
  return {
    status: { ...status, conditions: status?.conditions?.map((condition) => ({ ...condition, lastTransitionTime: '' })) },
    objects: objects.map(({ metadata: { labels }, data, spec }) => ({ labels, data, spec })),
  };
}
