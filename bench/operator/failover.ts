import { eventually } from '@eeveebot/testing';
import { Contender, type Program } from './contender.ts';
import type { World } from './world.ts';

/** Two replicas; the leader ends. */
export async function failover(eevee: Program, signal: NodeJS.Signals, { kube, folder }: World): Promise<void> {
  const namespace = `failover-${signal.toLowerCase()}`;
  await kube.kubectl(['create', 'namespace', namespace]);
  const start = (name: string) =>
    Contender.start(
      { ...eevee, name: `${eevee.name}-${name}` },
      { kubeconfig: kube.kubeconfig, namespace, folder, env: { LEADER_ELECTION: 'true', HOSTNAME: name } },
    );
  await using first = await start('first');
  const leads = (contender: Contender) => async () => (await contender.metric('leader_election_master_status')) === 1;
  await eventually(leads(first), { what: 'the first to lead' });
  await using second = await start('second');
  const began = performance.now();
  process.kill(first.server.pid, signal);
  await eventually(leads(second), { what: 'the second to lead', intervalMs: 10, timeoutMs: 60_000 });
  console.log(`  failover on ${signal}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
