import { type ControlPlane, eventually } from '@eeveebot/testing';

/** Requests that a policy denies. */
export interface Denied {
  readonly namespace: string;
  readonly group: string;
  /** Plural, or with a subresource such as `botmodules/status`. */
  readonly resource: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  /** Default: `Forbidden`, which the API server answers with 403. */
  readonly reason?: 'Forbidden' | 'Invalid';
  /** Denies the requests of the controllers of Kubernetes, such as the garbage collector, as well. */
  readonly isForEverybody?: boolean;
}

/** Text in the message of each denial. */
export const DENIAL = 'not today';

/**
 * Makes the API server deny some requests of the administrator, who is also the operator, in a namespace. By default, the controllers of
 * Kubernetes still may send them.
 *
 * @param probe a request that is denied, for `kubectl`.
 * @returns a function that ends this.
 */
export async function deny(
  kube: ControlPlane,
  { namespace, group, resource, operation, reason = 'Forbidden', isForEverybody = false }: Denied,
  probe: readonly string[],
): Promise<() => Promise<void>> {
  const name = `no-${operation.toLowerCase()}-${resource.replace('/', '-')}-${namespace}`;
  const rule = { apiGroups: [group], apiVersions: ['v1'], operations: [operation], resources: [resource] };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  await kube.apply(
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        matchConstraints: { namespaceSelector, resourceRules: [rule] },
        ...(!isForEverybody && { matchConditions: [{ name: 'administrator', expression: "request.userInfo.username == 'admin'" }] }),
        validations: [{ expression: 'false', message: DENIAL, reason }],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  );
  const isDenied = (): Promise<boolean> =>
    kube.kubectl([...probe, '-n', namespace, '--dry-run=server']).then(
      () => false,
      (error: unknown) => String(error).includes(DENIAL),
    );
  await eventually(isDenied, { what: `policy ${name} to be in force` });
  return async () => void (await kube.kubectl(['delete', 'validatingadmissionpolicybinding', name]));
}
