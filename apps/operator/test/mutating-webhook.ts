import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { certificateAuthority, type ControlPlane } from '@eeveebot/testing';

interface PodTemplate {
  readonly spec?: {
    readonly containers?: readonly { readonly image?: string; readonly env?: readonly object[]; readonly resources?: object }[];
  };
}

/** An object that is admitted. */
export interface Admitted {
  readonly kind: string;
  readonly metadata: { readonly labels?: object; readonly annotations?: object };
  readonly spec?: { readonly template?: PodTemplate; readonly jobTemplate?: { readonly spec: { readonly template: PodTemplate } } };
}

interface Review {
  readonly request: { readonly uid: string; readonly object: Admitted | null };
}

/** A running webhook. */
export interface MutatingWebhook extends AsyncDisposable {
  /** Number of objects that it has changed. */
  readonly changed: number;
}

/**
 * Starts a webhook that changes everything in a namespace at each create and update, as policies of clusters do: it adds a label, an
 * annotation with a new value each time, and to containers a variable and resources; and it replaces the registry of their images.
 *
 * @param changes JSON Patch of an object to use instead, and the number of the change.
 */
export async function startMutatingWebhook(
  kube: ControlPlane,
  namespace: string,
  changes: (object: Admitted, change: number) => readonly object[] = changesOf,
): Promise<MutatingWebhook> {
  const authority = await certificateAuthority('webhook');
  const { certificate, key } = await authority.issue({ commonName: 'webhook', hosts: ['127.0.0.1', 'localhost'] });
  let changed = 0;
  const server = createServer({ cert: certificate, key }, (incoming, answer) => {
    void bodyOf(incoming).then((body) => {
      const { request } = JSON.parse(body) as Review;
      const patch = request.object === null ? [] : changes(request.object, ++changed);
      const response = {
        uid: request.uid,
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      };
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const name = `changes-${namespace}`;
  await kube.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'changes.test.example',
        clientConfig: {
          url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
          caBundle: Buffer.from(authority.certificate).toString('base64'),
        },
        rules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['CREATE', 'UPDATE'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        timeoutSeconds: 30,
      },
    ],
  });
  return {
    get changed() {
      return changed;
    },
    async [Symbol.asyncDispose]() {
      await kube.kubectl(['delete', 'mutatingwebhookconfiguration', name]);
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Kubernetes copies annotations of a Deployment to its ReplicaSets: with a new value each time, its own controller would never come to rest. */
const SPARED: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'Pod']);

function changesOf({ kind, metadata, spec }: Admitted, change: number): readonly object[] {
  const add = (path: string, value: unknown) => ({ op: 'add', path, value });
  const own = [
    add('/metadata/labels', { ...metadata.labels, 'policy.example/team': 'x' }),
    add('/metadata/annotations', { ...metadata.annotations, 'policy.example/last-change': SPARED.has(kind) ? 'unknown' : String(change) }),
  ];
  const [path, template] = templateOf(spec);
  const containers = template?.spec?.containers ?? [];
  return [
    ...own,
    ...containers.flatMap(({ image, env = [], resources }, index) => {
      const at = `${path}/spec/containers/${index}`;
      const others = env.filter((variable) => !('name' in variable && variable.name === 'POLICY'));
      return [
        add(`${at}/image`, image?.replace(/^(mirror\.example\/)?/, 'mirror.example/')),
        add(`${at}/env`, [...others, { name: 'POLICY', value: 'x' }]),
        ...(resources === undefined || Object.keys(resources).length === 0 ? [add(`${at}/resources`, { limits: { memory: '1Gi' } })] : []),
      ];
    }),
  ];
}

function templateOf(spec: Admitted['spec']): readonly [path: string, template: PodTemplate | undefined] {
  if (spec?.jobTemplate !== undefined) return ['/spec/jobTemplate/spec/template', spec.jobTemplate.spec.template];
  return ['/spec/template', spec?.template];
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
