import {
  MODULE_CONFIG_DIRECTORY,
  MODULE_CONTAINER_NAME,
  MODULE_PORT_NAME,
  moduleVolumeClaimName,
  NATS_CA_DIRECTORY,
} from '@eeveebot/contract';
import type { BotModule, BotModuleSpec } from '@eeveebot/crds';
import { CA_VOLUME } from '../../nats/tls.ts';
import { CONFIG_VOLUME, DATA_VOLUME } from './desired/containers.ts';

const RESERVED_VOLUMES: ReadonlySet<string> = new Set([CONFIG_VOLUME, DATA_VOLUME, CA_VOLUME]);

/** Names of the claims that the operator creates for modules and for the servers of JetStream. */
const OTHER_CLAIMS = [
  [/^eevee-.+-module-pvc$/, 'another module'],
  [/^jetstream-eevee-.+-nats-\d+$/, 'a NATS server'],
] as const;

/**
 * Problems with names that the operator itself uses in the pods of a module. The API server would refuse a duplicate with a message about
 * an object that the user never wrote, or one of the two would silently win.
 */
export function reservedNameProblems(module: BotModule): readonly string[] {
  return [...volumeProblems(module), ...mountProblems(module.spec), ...containerProblems(module.spec)];
}

function volumeProblems({ metadata, spec }: BotModule): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim }) => {
    const field = `spec.volumes[${name}]`;
    const claim = persistentVolumeClaim?.claimName;
    if (RESERVED_VOLUMES.has(name)) return [`${field} has a name that the operator uses: use another name`];
    if (claim === undefined) return [];
    if (claim === moduleVolumeClaimName(metadata.name))
      return [`${field} names the volume claim of this module: remove it, and mount ${DATA_VOLUME} instead`];
    // A restore needs exclusive use of a volume, and stops only the module that owns it.
    return OTHER_CLAIMS.filter(([pattern]) => pattern.test(claim)).map(
      ([, user]) => `${field} names ${claim}, the volume claim of ${user}: use a separate claim`,
    );
  });
}

function mountProblems(spec: BotModuleSpec): readonly string[] {
  const reserved = new Map([
    ...(spec.persistentVolumeClaim === undefined ? [] : [[withoutSlash(spec.volumeMountPath), 'spec.persistentVolumeClaim'] as const]),
    ...(spec.moduleConfig === undefined ? [] : [[MODULE_CONFIG_DIRECTORY, 'spec.moduleConfig'] as const]),
    ...(spec.ipcConfig === undefined ? [] : [[NATS_CA_DIRECTORY, 'the certificates of NATS'] as const]),
  ]);
  return (spec.volumeMounts ?? []).flatMap(({ name, mountPath }) => {
    const used = reserved.get(withoutSlash(mountPath));
    return used === undefined
      ? []
      : [`spec.volumeMounts mounts ${name} at ${mountPath}, where the operator mounts ${used}: use another path`];
  });
}

function containerProblems(spec: BotModuleSpec): readonly string[] {
  const fields = { initContainers: spec.initContainers ?? [], sidecars: spec.sidecars ?? [] };
  const names = new Set<string>();
  return Object.entries(fields).flatMap(([field, containers]) =>
    containers.flatMap(({ name, ports = [] }) => {
      const where = `spec.${field}[${name}]`;
      const isTaken = name === MODULE_CONTAINER_NAME;
      const isTwice = names.has(name);
      names.add(name);
      return [
        ...(isTaken ? [`${where} has the name of the module's own container: use another name`] : []),
        ...(isTwice ? [`${where} has the name of an init container: rename one of the two`] : []),
        ...ports
          .filter((port) => port.name === MODULE_PORT_NAME || port.containerPort === spec.metricsPort)
          .map(
            ({ name: port, containerPort }) =>
              `${where} has port ${port ?? ''}${port === undefined ? '' : ' '}${containerPort}: ${MODULE_PORT_NAME} and ${spec.metricsPort} are the name and number of the module's own port (spec.metricsPort)`,
          ),
      ];
    }),
  );
}

const withoutSlash = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);
