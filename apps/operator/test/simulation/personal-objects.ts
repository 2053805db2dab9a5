import { ApiException, type KubernetesObject } from '@kubernetes/client-node';
import type { Violation } from './invariants.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

/** Fields of an object that its user wrote. */
interface Content {
  readonly data?: unknown;
  readonly spec?: unknown;
}

/** Checks that each object of a user still exists, with the content that the user wrote. */
export async function personalViolations(made: readonly KubernetesObject[], { objects }: SimulatedCluster): Promise<readonly Violation[]> {
  const violations: Violation[] = [];
  for (const object of made) {
    const { kind, metadata } = object;
    const what = `${kind} ${metadata?.name}`;
    const found = await objects
      .read({ ...object, metadata: { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' } })
      .catch(goneOnly);
    if (found === undefined || found.metadata?.uid !== metadata?.uid) {
      violations.push({ invariant: 'user objects stay', message: `${what} of a user is gone` });
    } else if (contentText(found) !== contentText(object)) {
      violations.push({ invariant: 'user objects stay', message: `${what} of a user was changed to ${contentText(found)}` });
    }
  }
  return violations;
}

/** Removes the objects of users: then nothing blocks the operator. */
export async function removePersonal(made: readonly KubernetesObject[], { objects }: SimulatedCluster): Promise<void> {
  for (const object of made) await objects.delete(object).catch(goneOnly);
}

const contentText = (object: KubernetesObject): string => {
  const { data, spec } = object as KubernetesObject & Content;
  return JSON.stringify({ data, spec });
};

function goneOnly(error: unknown): undefined {
  if (!(error instanceof ApiException) || error.code !== 404) throw error;
}
