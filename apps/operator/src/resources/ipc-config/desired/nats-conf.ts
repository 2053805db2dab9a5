import type { NatsTopology } from './topology.ts';

/** Ports of a NATS pod. */
export const NATS_PORTS = { client: 4222, management: 8222, cluster: 6222 } as const;

/** Mount path of the volume of a JetStream server. */
export const JETSTREAM_DIRECTORY = '/data/jetstream';

/** Mount path of the certificate of the servers and its key. */
export const TLS_DIRECTORY = '/etc/nats-tls';

/** File with the server's process id, which the lame-duck signal needs. */
export const PID_FILE = '/var/run/nats/nats.pid';

/** Seconds that a server in lame-duck mode waits before it closes connections, and seconds that closing them takes. */
const LAME_DUCK = { single: { graceSeconds: 1, durationSeconds: 30 }, clustered: { graceSeconds: 10, durationSeconds: 30 } } as const;

/** Maximum duration of lame-duck mode: the pod's grace period must not be shorter. */
export const LAME_DUCK_SECONDS = LAME_DUCK.clustered.graceSeconds + LAME_DUCK.clustered.durationSeconds;

/** Inputs of a `nats.conf`. */
export interface NatsConfInput {
  readonly token: string;
  readonly topology: NatsTopology;
  /** Whether clients must use TLS, with the certificate in {@link TLS_DIRECTORY}. */
  readonly tls: boolean;
  readonly cluster:
    | {
        readonly routes: readonly string[];
        readonly password: string;
        /** Whether the servers use TLS among themselves, each with the certificate and its authority in {@link TLS_DIRECTORY}. */
        readonly tls: boolean;
      }
    | undefined;
}

/**
 * The `nats.conf` of a managed NATS. It always requires the token from clients.
 *
 * @param cluster host names of all servers of a cluster and the password of their routes; `undefined` for one server. The password is not
 * the token: a server that was restarted with a new token must still be able to join the others.
 * @see https://docs.nats.io/running-a-nats-service/configuration
 */
export function natsConf({ token, topology, tls, cluster }: NatsConfInput): string {
  const lameDuck = cluster !== undefined ? LAME_DUCK.clustered : LAME_DUCK.single;
  const lines = [
    `port: ${NATS_PORTS.client}`,
    `http_port: ${NATS_PORTS.management}`,
    `pid_file: ${quoted(PID_FILE)}`,
    'server_name: $SERVER_NAME',
    `lame_duck_grace_period: "${lameDuck.graceSeconds}s"`,
    `lame_duck_duration: "${lameDuck.durationSeconds}s"`,
    `authorization { token: ${quoted(token)} }`,
  ];
  if (tls) lines.push(tlsBlock(SERVER_IDENTITY));
  if (topology.jetstream !== undefined) {
    lines.push(`jetstream { store_dir: ${quoted(JETSTREAM_DIRECTORY)} }`);
  }
  if (cluster !== undefined) {
    lines.push(
      'cluster {',
      '  name: "eevee"',
      `  port: ${NATS_PORTS.cluster}`,
      `  authorization { user: "route", password: ${quoted(cluster.password)} }`,
      ...(cluster.tls ? [`  ${tlsBlock({ ...SERVER_IDENTITY, ca_file: 'ca.crt' })}`] : []),
      '  routes: [',
      ...cluster.routes.map(
        (host) => `    ${quoted(`nats-route://route:${encodeURIComponent(cluster.password)}@${host}:${NATS_PORTS.cluster}`)}`,
      ),
      '  ]',
      '}',
    );
  }
  return `${lines.join('\n')}\n`;
}

const SERVER_IDENTITY = { cert_file: 'tls.crt', key_file: 'tls.key' };

/** Settings of TLS with files in {@link TLS_DIRECTORY}. */
function tlsBlock(files: Readonly<Record<string, string>>): string {
  const settings = Object.entries(files).map(([setting, file]) => `${setting}: ${quoted(`${TLS_DIRECTORY}/${file}`)}`);
  return `tls { ${[...settings, 'timeout: 5'].join(', ')} }`;
}

/**
 * A string of the NATS configuration language: JSON except for control characters, which need `\x` escapes unless they have a letter there.
 */
function quoted(value: string): string {
  return JSON.stringify(value).replaceAll(
    /\\(?:([\\"nrt])|u00([0-9a-f]{2})|([bf]))/g,
    (escape, known?: string, code?: string, letter?: string) => {
      if (known !== undefined) return escape;
      return `\\x${code ?? (letter === 'b' ? '08' : '0c')}`;
    },
  );
}
