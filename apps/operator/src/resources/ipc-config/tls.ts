import { natsName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import { ApiError, isNotFound } from '../../controller/errors.ts';
import { canonicalJson } from '../../controller/json.ts';
import type { Desired } from '../../controller/objects/desired.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { setBounded } from '../../controller/set-bounded.ts';
import { tlsSecretName } from '../../nats/tls.ts';
import type { SecretValues } from '../../secrets/secret-values.ts';
import { recordApplied } from '../applied-events.ts';
import { CERTIFICATE, type Certificate, desiredCertificate } from './desired/certificate.ts';
import { routeHosts } from './desired/services.ts';
import type { ObservedIpc } from './observe.ts';
import { refusedProblem } from './refused-problem.ts';
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
  /** Why the certificate will not be renewed, or not match a change of the spec. The present one is used until then. */
  readonly problem?: IpcProblem | undefined;
}

/** Finds the certificate of a managed NATS, and requests it from cert-manager if the spec names an issuer. */
export class ServerCertificates {
  readonly #secrets: SecretValues;
  /** By uid of the IpcConfig: the request that the API server has accepted, where Certificates may not be watched. */
  readonly #asked = new Map<string, string>();

  constructor(secrets: SecretValues) {
    this.#secrets = secrets;
  }

  async of(observed: ObservedIpc, clusterDomain: string, context: ReconcileContext): Promise<ServerCertificate | IpcProblem> {
    const secretName = tlsSecretName(observed.ipcConfig);
    if (secretName === undefined) return NO_TLS;
    const problem = await this.#ask(observed, clusterDomain, context);
    const { tlsSecret } = observed;
    const values = tlsSecret && (await this.#secrets.of(tlsSecret, context));
    if (values === undefined) return problem ?? missing(observed, secretName);
    const absent = ['tls.crt', 'tls.key'].filter((key) => (values[key] ?? '') === '');
    if (absent.length === 0) return { pem: values['tls.crt'], routeAuthority: routeAuthority(observed.ipcConfig, values), problem };
    if (problem !== undefined) return problem;
    return { reason: 'SecretKeyMissing', message: `Secret ${secretName} of spec.nats.tls has no ${absent.join(' and ')}: add it` };
  }

  /** Requests the certificate. cert-manager may not be installed, may be removed, and may be installed again. */
  async #ask(observed: ObservedIpc, clusterDomain: string, context: ReconcileContext): Promise<IpcProblem | undefined> {
    const desired = desiredCertificate(observed.ipcConfig, clusterDomain);
    if (desired === undefined) return undefined;
    try {
      await this.#apply(desired, observed, context);
      return undefined;
    } catch (error) {
      if (context.signal.aborted || !(error instanceof ApiError)) throw error;
      if (!isNotFound(error)) return refusedProblem(error);
      const message = 'spec.nats.tls.issuerRef needs cert-manager, which is not installed: install it, or use spec.nats.tls.secretName';
      return { reason: 'Pending', message, error };
    }
  }

  /** Where Certificates may not be watched, each is applied once, and again after a change of the spec. */
  async #apply(
    desired: Desired<Certificate>,
    { ipcConfig, certificateObstacle }: ObservedIpc,
    { writer, events, signal }: ReconcileContext,
  ): Promise<void> {
    if (certificateObstacle === undefined) return recordApplied(ipcConfig, [await writer.apply(CERTIFICATE, desired, signal)], events);
    const [uid, text] = [ipcConfig.metadata.uid ?? '', canonicalJson(desired)];
    if (this.#asked.get(uid) === text) return;
    await writer.applyUnwatched(CERTIFICATE, desired, signal);
    setBounded(this.#asked, [uid, text], REMEMBERED);
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
