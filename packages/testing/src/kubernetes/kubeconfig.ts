import { writeFile } from 'node:fs/promises';
import type { CertificateAuthority } from '../certificates/certificates.ts';

/** Identity of a client; Kubernetes reads both from the client certificate. */
export interface KubernetesUser {
  readonly user: string;
  readonly groups?: readonly string[];
}

/** The group with all permissions, independent of RBAC. */
export const ADMINISTRATORS = 'system:masters';

/** Writes a self-contained kubeconfig, which works from any folder and in any mount namespace. */
export async function writeKubeconfig(
  path: string,
  { authority, server, user, groups = [] }: KubernetesUser & { readonly authority: CertificateAuthority; readonly server: string },
): Promise<string> {
  const { certificate, key } = await authority.issue({ commonName: user, organizations: groups });
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(authority.certificate) } }],
    users: [{ name: user, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
  };
  // JSON is YAML, and every client reads it.
  await writeFile(path, `${JSON.stringify(kubeconfig, null, 2)}\n`, { mode: 0o600 });
  return path;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
