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
      cluster: topology.replicas === 1 ? undefined : { routes: ['nats-0', 'nats-1', 'nats-2'], password: 'p' },
    });
    expect(conf.split('\n')).toContain(String.raw`authorization { token: "say \"please\"" }`);
  });

  it('requires a separate password from servers of the cluster', () => {
    const topology = { stateful: true, replicas: 3, jetstream: undefined };
    const conf = natsConf({ token: 'other', topology, tls: false, cluster: { routes: ['nats-0'], password: 'a/b' } });
    const cluster = conf.slice(conf.indexOf('cluster {'));
    expect(cluster).toContain('authorization { user: "route", password: "a/b" }');
    expect(cluster).toContain('"nats-route://route:a%2Fb@nats-0:6222"');
    expect(cluster).not.toContain('other');
  });

  it('requires TLS from clients, but not for routes', () => {
    const topology = { stateful: true, replicas: 3, jetstream: undefined };
    const conf = natsConf({ token: 't', topology, tls: true, cluster: { routes: ['nats-0'], password: 'p' } });
    expect(conf).toContain('tls { cert_file: "/etc/nats-tls/tls.crt", key_file: "/etc/nats-tls/tls.key", timeout: 5 }');
    expect(conf.slice(conf.indexOf('cluster {'))).not.toContain('tls');
  });
});
