import { parseAllDocuments, stringify } from 'yaml';
import { outputOf } from './program.ts';

/** Namespace of the bundle, which contains it. */
const NAMESPACE = 'eevee-bot';

const HEADER = `# eevee VERSION: the definitions of its kinds, and the operator, which watches namespace ${NAMESPACE}.
#
#   kubectl create namespace ${NAMESPACE}
#   kubectl create secret generic eevee-operator-api-token --namespace ${NAMESPACE} --from-literal=token="$(openssl rand -hex 24)"
#   kubectl apply --server-side -f eevee.yaml
#
# The Secret holds the token of the operator's HTTP API. This file is public, so it contains none.
# Another namespace, or more settings than these: use the Helm charts.
`;

interface Manifest {
  readonly kind: string;
  readonly metadata: { labels?: Record<string, string>; annotations?: Record<string, string> };
  readonly spec?: { readonly template?: { readonly metadata?: Manifest['metadata'] } };
}

export interface BundleOptions {
  /** Version of the operator. */
  readonly version: string;
  /** `sha256:…` of the operator's image, which the bundle then pins. */
  readonly digest: string | undefined;
  /** The oldest supported version of Kubernetes, for which the charts are rendered: `1.29.0`. */
  readonly kubeVersion: string;
}

/** One file with the definitions and the operator, for `kubectl apply --server-side`. */
export async function bundle({ version, digest, kubeVersion }: BundleOptions): Promise<string> {
  const tag = digest === undefined ? version : `${version}@${digest}`;
  const rendered = await Promise.all([
    template('charts/crds', kubeVersion, '--include-crds'),
    template(
      'charts/operator',
      kubeVersion,
      '--set',
      'operatorApiToken.create=false',
      '--set-string',
      `operator.operator.image.tag=${tag}`,
    ),
  ]);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  const objects = rendered.flatMap((text) => parseAllDocuments(text).map((document) => document.toJSON() as Manifest | null));
  const plain = objects.filter((object) => object !== null).map(withoutHelm);
  const documents = [namespace, ...plain].map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  return HEADER.replace('VERSION', version) + documents.map((text) => `---\n${text}`).join('');
}

/** Helm neither created these objects nor manages them. */
function withoutHelm(object: Manifest): Manifest {
  for (const metadata of [object.metadata, object.spec?.template?.metadata]) {
    if (metadata?.labels !== undefined) {
      delete metadata.labels['helm.sh/chart'];
      delete metadata.labels['app.kubernetes.io/managed-by'];
    }
    if (metadata?.annotations !== undefined) {
      delete metadata.annotations['helm.sh/resource-policy'];
      if (Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
    }
  }
  return object;
}

function template(chart: string, kubeVersion: string, ...args: readonly string[]): Promise<string> {
  return outputOf('helm', ['template', 'eevee', chart, '--namespace', NAMESPACE, '--no-hooks', '--kube-version', kubeVersion, ...args]);
}
