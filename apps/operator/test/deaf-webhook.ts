import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { certificateAuthority, type ControlPlane, eventually } from '@eeveebot/testing';

/** Requests that a webhook is asked about. */
export interface Asked {
  readonly namespace: string;
  readonly group: string;
  readonly resource: string;
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
  readonly timeoutSeconds: number;
  /** Name of the webhook, as errors of the API server state it. Default: `deaf.example.com`. */
  readonly webhookName?: string;
  /** Whether it may change objects: the API server asks such webhooks one after the other, and before those that only validate. */
  readonly mutates?: boolean;
  /** Whether the API server continues with the request when the webhook does not answer in time. Default: it refuses the request. */
  readonly isIgnored?: boolean;
  /** Names of resources whose objects it is not asked about. */
  readonly spared?: readonly string[];
  /** A request that is asked about, for a dry run. */
  readonly probe: readonly string[];
}

/** A webhook that accepts requests and never answers, until it is disposed of. */
export interface DeafWebhook extends AsyncDisposable {
  /** Number of requests that wait for it. */
  readonly held: number;
}

/** Registers a webhook that accepts requests and never answers, and waits until the API server asks it. */
export async function startDeafWebhook(
  kube: ControlPlane,
  {
    namespace,
    group,
    resource,
    operations,
    timeoutSeconds,
    probe,
    webhookName = 'deaf.example.com',
    mutates = false,
    isIgnored = false,
    spared = [],
  }: Asked,
): Promise<DeafWebhook> {
  const held = new Set<ServerResponse>();
  const asked = Promise.withResolvers<void>();
  const authority = await certificateAuthority('deaf webhook');
  const { certificate: cert, key } = await authority.issue({ commonName: 'webhook', hosts: ['127.0.0.1'] });
  const server = createServer({ cert, key }, (_, response) => {
    held.add(response);
    asked.resolve();
    response.on('close', () => held.delete(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const name = `${webhookName}-${resource}-${namespace}`;
  const kind = mutates ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration';
  const webhook = {
    get held() {
      return held.size;
    },
    async [Symbol.asyncDispose]() {
      await kube.kubectl(['delete', kind.toLowerCase(), name, '--ignore-not-found']);
      server.closeAllConnections();
      server.close();
    },
  };
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(webhook);
  await kube.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name },
    webhooks: [
      {
        name: webhookName,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: isIgnored ? 'Ignore' : 'Fail',
        timeoutSeconds,
        objectSelector: {
          matchExpressions: spared.map((each) => ({ key: 'app.kubernetes.io/instance', operator: 'NotIn', values: [each] })),
        },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        rules: [{ apiGroups: [group], apiVersions: ['v1'], operations, resources: [resource] }],
        clientConfig: {
          url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
          caBundle: Buffer.from(authority.certificate).toString('base64'),
        },
      },
    ],
  });
  // Its response would come after the timeout of the webhook.
  const isAsked = (): Promise<boolean> =>
    Promise.race([
      kube.kubectl([...probe, '-n', namespace, '--dry-run=server']).then(
        () => false,
        () => false,
      ),
      asked.promise.then(() => true),
    ]);
  await eventually(isAsked, { what: `webhook ${name} to be in force`, timeoutMs: 60_000 });
  for (const response of held) response.destroy();
  await eventually(() => held.size === 0, { what: 'the probe to end' });
  cleanup.move();
  return webhook;
}
