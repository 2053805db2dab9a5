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
  { namespace, group, resource, operations, timeoutSeconds, probe }: Asked,
): Promise<DeafWebhook> {
  const held = new Set<ServerResponse>();
  const authority = await certificateAuthority('deaf webhook');
  const { certificate: cert, key } = await authority.issue({ commonName: 'webhook', hosts: ['127.0.0.1'] });
  const server = createServer({ cert, key }, (_, response) => {
    held.add(response);
    response.on('close', () => held.delete(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const name = `deaf-${resource}-${namespace}`;
  const webhook = {
    get held() {
      return held.size;
    },
    async [Symbol.asyncDispose]() {
      await kube.kubectl(['delete', 'validatingwebhookconfiguration', name, '--ignore-not-found']);
      server.closeAllConnections();
      server.close();
    },
  };
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(webhook);
  await kube.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'deaf.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds,
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        rules: [{ apiGroups: [group], apiVersions: ['v1'], operations, resources: [resource] }],
        clientConfig: {
          url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
          caBundle: Buffer.from(authority.certificate).toString('base64'),
        },
      },
    ],
  });
  const isDeaf = (): Promise<boolean> =>
    kube.kubectl([...probe, '-n', namespace, '--dry-run=server']).then(
      () => false,
      (error: unknown) => String(error).includes('deaf.example.com'),
    );
  await eventually(isDeaf, { what: `webhook ${name} to be in force`, timeoutMs: 60_000 });
  cleanup.move();
  return webhook;
}
