import { describe, expect, it } from 'vitest';
import { natsConf } from './nats-conf.ts';
import type { NatsTopology } from './topology.ts';

const topologies: readonly [string, NatsTopology][] = [
  ['one server', { stateful: false, replicas: 1, jetstream: undefined }],
  ['one server with JetStream', { stateful: true, replicas: 1, jetstream: { size: '1Gi', storageClassName: undefined } }],
  ['a cluster', { stateful: true, replicas: 3, jetstream: undefined }],
];

describe('nats.conf', () => {
  it.each(topologies)('requires the token: %s', (_, topology) => {
    const conf = natsConf({
      token: 'say "please"',
      topology,
      tls: false,
      cluster: topology.replicas === 1 ? undefined : { routes: ['nats-0', 'nats-1', 'nats-2'], password: 'p', tls: false },
    });
    expect(conf.split('\n')).toContain(String.raw`authorization { token: "say \"please\"" }`);
  });

  it('requires a separate password from servers of the cluster', () => {
    const topology = { stateful: true, replicas: 3, jetstream: undefined };
    const conf = natsConf({ token: 'other', topology, tls: false, cluster: { routes: ['nats-0'], password: 'a/b', tls: false } });
    const cluster = conf.slice(conf.indexOf('cluster {'));
    expect(cluster).toContain('authorization { user: "route", password: "a/b" }');
    expect(cluster).toContain('"nats-route://route:a%2Fb@nats-0:6222"');
    expect(cluster).not.toContain('other');
  });

  it('requires TLS from clients, and for routes if the servers can use their certificate among themselves', () => {
    const topology = { stateful: true, replicas: 3, jetstream: undefined };
    const conf = (tls: boolean) => natsConf({ token: 't', topology, tls: true, cluster: { routes: ['nats-0'], password: 'p', tls } });
    const blockOfRoutes = (text: string) => text.slice(text.indexOf('cluster {'));
    const files = 'cert_file: "/etc/nats-tls/tls.crt", key_file: "/etc/nats-tls/tls.key"';
    expect(conf(false)).toContain(`\ntls { ${files}, timeout: 5 }\n`);
    expect(blockOfRoutes(conf(false))).not.toContain('tls');
    expect(blockOfRoutes(conf(true))).toContain(`  tls { ${files}, ca_file: "/etc/nats-tls/ca.crt", timeout: 5 }\n`);
  });
});
