import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChartCluster, startChartCluster } from './cluster.ts';
import { manifests, only } from './manifests.ts';

interface Block {
  readonly cidr: string;
  readonly except?: readonly string[];
}

/** Ranges of addresses, valid and not. The schema of the values refuses other text. */
const RANGES = [
  ...['0.0.0.0/0', '10.0.0.0/8', '10.0.0.1/8', '10.1.0.0/8', '192.168.1.128/25', '192.168.1.129/25', '1.2.3.4/32', '10.0.0.0/33'],
  ...['010.0.0.0/8', '10.0.0.0/08', '256.0.0.0/8', '10.0.0/8', '10.0.0.0.0/8', '10.0.0.0/999'],
  ...['::/0', 'fd00::/8', 'fd00::1/8', 'FD00::/8', 'fdff::/8', '2001:db8::/32', '2001:db8:8000::/33', '2001:db8:4000::/33'],
  ...['1:2:3:4:5:6:7:8/128', '1:2:3:4:5:6:7::/112', '1:2:3:4:5:6:7:8:9/128', '1:2:3:4:5:6:7/128', '1::2::3/128', ':1::/16', '1:::/16'],
  ...['::1/129', '12345::/16', '00fd::/16', '64:ff9b::192.0.2.0/120', '64:ff9b::192.0.2.1/120', '1:2:3:4:5:6:192.0.2.0/128'],
  ...['1:2:3:4:5:6:7:192.0.2.0/128', '64:ff9b::192.0.02.0/120', '::ffff:10.0.0.0/104', '::ffff:a00:0/104', '::10.0.0.0/104'],
];
const EXCEPTIONS: readonly Block[] = [
  { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.255.255.255/32'] },
  { cidr: '10.0.0.0/8', except: ['10.1.0.1/16'] },
  { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] },
  { cidr: '0.0.0.0/0', except: ['::/1'] },
  { cidr: '::/0', except: ['10.0.0.0/8'] },
  { cidr: '64:ff9b::/96', except: ['64:ff9b::192.0.2.0/120'] },
  { cidr: '64:ff9b::/96', except: ['64:ff9c::192.0.2.0/120'] },
];

describe('ranges of addresses in networkPolicy.from', () => {
  let cluster: ChartCluster;

  beforeAll(async () => {
    cluster = await startChartCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const render = (ipBlock: Block): Promise<string> =>
    cluster.helm.run(['template', 'e', cluster.helm.chart('operator'), '--kube-version', '1.37.2', '--values', '-'], {
      input: JSON.stringify({ networkPolicy: { enabled: true, from: [{ ipBlock }] } }),
    });
  const createPolicy = (ipBlock: Block): Promise<string> => {
    const spec = { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ ipBlock }] }] };
    const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'ranges' }, spec };
    return cluster.kube.kubectl(['create', '--dry-run=server', '-f', '-'], { input: JSON.stringify(policy) });
  };
  const isDone = (request: Promise<string>): Promise<boolean> =>
    request.then(
      () => true,
      () => false,
    );

  const blocks: readonly Block[] = [...RANGES.map((cidr) => ({ cidr })), ...EXCEPTIONS];
  it.each(blocks)('are accepted by the chart exactly if the API server accepts them: %j', async (block) => {
    expect(await isDone(render(block))).toBe(await isDone(createPolicy(block)));
  });

  it.each([
    ['10.0.0.1/8', 'networkPolicy.from[0].ipBlock.cidr is 10.0.0.1/8', 'write 10.0.0.0/8.'],
    ['fd00:1::1/32', 'the address has bits after the first 32', 'write fd00:1:0:0:0:0:0:0/32.'],
    ['10.0.0.0/33', 'networkPolicy.from[0].ipBlock.cidr is 10.0.0.0/33, which is not a range of addresses'],
  ])('that are not valid are refused with their name and the fix: %s', async (cidr, ...parts) => {
    const refusal = await render({ cidr }).catch((error: unknown) => String(error));
    for (const part of parts) expect(refusal).toContain(part);
  });

  it('are rendered as they are', async () => {
    const ipBlock = { cidr: 'FD00::/8', except: ['fd00:0::/32'] };
    expect(JSON.stringify(only(manifests(await render(ipBlock)), 'NetworkPolicy'))).toContain(JSON.stringify({ ipBlock }));
  });
});
