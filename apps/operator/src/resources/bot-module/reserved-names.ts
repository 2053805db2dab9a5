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

/** Names of the claims that the operator creates for modules and for the servers of JetStream. The end of a long name is a hash. */
const OTHER_CLAIMS = [
  [/^eevee-.+-module-pvc$/, 'another module'],
  [/^eevee-.{200,}-[0-9a-f]{8}$/, 'another module'],
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

/** A directory of the module's container that the operator mounts. */
interface ReservedDirectory {
  readonly path: string;
  /** The part of the spec that is mounted there. */
  readonly content: string;
  /** Whether the directories in it are reserved as well. A cache below the data is fine. */
  readonly isWhole: boolean;
}

const reservedDirectories = (spec: BotModuleSpec): readonly ReservedDirectory[] => [
  ...(spec.moduleConfig === undefined ? [] : [{ path: MODULE_CONFIG_DIRECTORY, content: 'spec.moduleConfig', isWhole: true }]),
  ...(spec.ipcConfig === undefined ? [] : [{ path: NATS_CA_DIRECTORY, content: 'the certificates of NATS', isWhole: true }]),
];

function mountProblems(spec: BotModuleSpec): readonly string[] {
  const directories = reservedDirectories(spec);
  if (spec.persistentVolumeClaim === undefined) return volumeMountProblems(spec, directories);
  const path = canonicalPath(spec.volumeMountPath);
  const used = directories.find((directory) => isReserved(path, directory));
  return [
    ...(path === '/' ? [`spec.volumeMountPath ${spec.volumeMountPath} is the root directory: use another path, such as /data`] : []),
    ...(used === undefined
      ? []
      : [`spec.volumeMountPath is ${spec.volumeMountPath}, where the operator mounts ${used.content}: use another path`]),
    ...volumeMountProblems(spec, [...directories, { path, content: 'spec.persistentVolumeClaim', isWhole: false }]),
  ];
}

const volumeMountProblems = ({ volumeMounts = [] }: BotModuleSpec, directories: readonly ReservedDirectory[]): readonly string[] =>
  volumeMounts.flatMap(({ name, mountPath }) => {
    const used = directories.find((directory) => isReserved(canonicalPath(mountPath), directory));
    return used === undefined
      ? []
      : [`spec.volumeMounts mounts ${name} at ${mountPath}, where the operator mounts ${used.content}: use another path`];
  });

const isReserved = (path: string, directory: ReservedDirectory): boolean =>
  path === directory.path || (directory.isWhole && path.startsWith(`${directory.path}/`));

function containerProblems(spec: BotModuleSpec): readonly string[] {
  if (spec.initContainers === undefined && spec.sidecars === undefined) return [];
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

/**
 * The directory in which a volume is mounted: Kubernetes compares mount paths as texts, but the container runtime resolves them, and takes
 * relative ones from the root directory.
 */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}
