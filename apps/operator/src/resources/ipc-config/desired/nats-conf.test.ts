import { describe, expect, it } from 'vitest';
import { natsConf } from './nats-conf.ts';
import type { NatsTopology } from './topology.ts';

const topologies: readonly [string, NatsTopology][] = [
  ['one server', { stateful: false, replicas: 1, jetstream: undefined }],
  ['one server with JetStream', { stateful: true, replicas: 1, jetstream: { size: '1Gi', storageClassName: undefined } }],
  ['a cluster', { stateful: true, replicas: 3, jetstream: undefined }],
];

describe('nats.conf', () => {
  it.each(topologies)('asks for the token, whatever runs: %s', (_, topology) => {
    const conf = natsConf({
      token: 'say "please"',
      topology,
      cluster: topology.replicas === 1 ? undefined : { routes: ['nats-0', 'nats-1', 'nats-2'], password: 'p' },
    });
    expect(conf.split('\n')).toContain(String.raw`authorization { token: "say \"please\"" }`);
  });

  it('asks servers of the cluster for a password of their own', () => {
    const topology = { stateful: true, replicas: 3, jetstream: undefined };
    const conf = natsConf({ token: 'other', topology, cluster: { routes: ['nats-0'], password: 'a/b' } });
    const cluster = conf.slice(conf.indexOf('cluster {'));
    expect(cluster).toContain('authorization { user: "route", password: "a/b" }');
    expect(cluster).toContain('"nats-route://route:a%2Fb@nats-0:6222"');
    expect(cluster).not.toContain('other');
  });
});
