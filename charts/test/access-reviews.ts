import type { ControlPlane } from '@eeveebot/testing';
import { expect } from 'vitest';
import type { Right } from './operator-rights.ts';

interface PermissionQuestion {
  readonly user: string;
  readonly namespace: string;
  readonly rights: readonly Right[];
  readonly allowed: boolean;
}

/** Asks the API server about every permission, and returns those for which the answer is `allowed`. */
export async function permissions(
  kube: ControlPlane,
  { user, namespace, rights, allowed }: PermissionQuestion,
): Promise<readonly string[]> {
  const questions = rights.flatMap(({ group, resources, verbs }) =>
    resources.flatMap((path) => verbs.map((verb) => ({ group, path, verb }))),
  );
  const reviews = questions.map(({ group, path, verb }) => {
    const [resource, subresource] = path.split('/');
    const name = resource === 'leases' && verb !== 'create' ? { name: 'eevee-operator-leader' } : {};
    return {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes: { namespace, group, resource, subresource, verb, ...name } },
    };
  });
  const output = await kube.kubectl(['create', '-f', '-', '-o', 'jsonpath={.status.allowed}{"\\n"}'], {
    input: reviews.map((review) => JSON.stringify(review)).join('\n---\n'),
  });
  const lines = output.trim().split('\n');
  expect(lines).toHaveLength(questions.length);
  return questions.flatMap(({ path, verb }, index) => (lines[index] === String(allowed) ? [`${verb} ${path}`] : []));
}

/** Returns the permissions of a user in a namespace, as `verb resource.group`. */
export async function rightsOf(kube: ControlPlane, namespace: string, user: string): Promise<readonly string[]> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const answer = await kube.kubectl(['create', '-f', '-', '-o', 'json', '--validate=false', '--as', user], {
    input: JSON.stringify(review),
  });
  const { status } = JSON.parse(answer) as {
    status: { resourceRules: { apiGroups: string[]; resources: string[]; verbs: string[] }[] };
  };
  return status.resourceRules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`))),
  );
}
