import { natsName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import { isNotFound } from '../../controller/errors.ts';
import { canonicalJson } from '../../controller/json.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { setBounded } from '../../controller/set-bounded.ts';
import { tlsSecretName } from '../../nats/tls.ts';
import type { SecretValues } from '../../secrets/secret-values.ts';
import { CERTIFICATE, desiredCertificate } from './desired/certificate.ts';
import { routeHosts } from './desired/services.ts';
import type { ObservedIpc } from './observe.ts';
import { identifiesServers } from './route-certificate.ts';
import type { IpcProblem } from './status.ts';

/** Bound on the remembered certificate requests. */
const REMEMBERED = 1_000;

/** The certificate of the servers. */
export interface ServerCertificate {
  /** PEM; `undefined` without TLS. */
  readonly pem: string | undefined;
  /** Certificates of its authority, PEM, if the servers of a cluster can use it among themselves, too. */
  readonly routeAuthority: string | undefined;
}

/** Finds the certificate of a managed NATS, and requests it from cert-manager if the spec names an issuer. */
export class ServerCertificates {
  readonly #secrets: SecretValues;
  /** By uid of the IpcConfig: the request that the API server has accepted. */
  readonly #asked = new Map<string, string>();

  constructor(secrets: SecretValues) {
    this.#secrets = secrets;
  }

  async of(observed: ObservedIpc, clusterDomain: string, context: ReconcileContext): Promise<ServerCertificate | IpcProblem> {
    const secretName = tlsSecretName(observed.ipcConfig);
    if (secretName === undefined) return NO_TLS;
    const problem = await this.#ask(observed, clusterDomain, context);
    if (problem !== undefined) return problem;
    const { tlsSecret } = observed;
    const values = tlsSecret && (await this.#secrets.of(tlsSecret, context));
    if (values === undefined) return missing(observed, secretName);
    const absent = ['tls.crt', 'tls.key'].filter((key) => (values[key] ?? '') === '');
    if (absent.length === 0) return { pem: values['tls.crt'], routeAuthority: routeAuthority(observed.ipcConfig, values) };
    return { reason: 'SecretKeyMissing', message: `Secret ${secretName} of spec.nats.tls has no ${absent.join(' and ')}: add it` };
  }

  /** Certificates are not watched, since cert-manager may not be installed: each is applied once, and again after a change. */
  async #ask({ ipcConfig }: ObservedIpc, clusterDomain: string, { writer, signal }: ReconcileContext): Promise<IpcProblem | undefined> {
    const desired = desiredCertificate(ipcConfig, clusterDomain);
    const [uid, text] = [ipcConfig.metadata.uid ?? '', desired === undefined ? '' : canonicalJson(desired)];
    if (desired === undefined || this.#asked.get(uid) === text) return undefined;
    try {
      await writer.applyUnwatched(CERTIFICATE, desired, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const message = 'spec.nats.tls.issuerRef needs cert-manager, which is not installed: install it, or use spec.nats.tls.secretName';
      return { reason: 'Pending', message, error };
    }
    setBounded(this.#asked, [uid, text], REMEMBERED);
    return undefined;
  }
}

const NO_TLS: ServerCertificate = { pem: undefined, routeAuthority: undefined };

function routeAuthority(ipcConfig: IpcConfig, values: Readonly<Record<string, string>>): string | undefined {
  const hosts = routeHosts(ipcConfig);
  return hosts.length > 0 && identifiesServers(values['tls.crt'] ?? '', hosts) ? values['ca.crt'] : undefined;
}

function missing({ ipcConfig }: ObservedIpc, secretName: string): IpcProblem {
  return ipcConfig.spec.nats.tls?.issuerRef === undefined
    ? {
        reason: 'SecretNotFound',
        message: `spec.nats.tls.secretName is ${secretName}, but there is no such Secret in namespace ${ipcConfig.metadata.namespace}: create it or correct the name`,
      }
    : {
        reason: 'Pending',
        message: `cert-manager has not issued the certificate yet: kubectl describe certificate ${natsName(ipcConfig.metadata.name)}`,
      };
}
