import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LEASE_NAME } from '@eeveebot/contract';
import { createMetrics } from '../../apps/operator/src/telemetry/metrics.ts';
import { registerResourceMetrics } from '../../apps/operator/src/telemetry/resource-metrics.ts';
import { ROOT } from '../generate/sources.ts';
import { only, type Rendered } from './manifests.ts';
import { useCharts } from './use-charts.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface PrometheusRule extends Rendered {
  readonly spec: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
}

interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly targets: readonly { readonly expr: string }[] }[];
}

describe('monitoring objects of the chart', () => {
  const charts = useCharts();

  const template = (...args: readonly string[]): Promise<readonly Rendered[]> => charts.objects('operator', {}, { args });
  const rules = async (...args: readonly string[]) =>
    only<PrometheusRule>(await template('--set', 'prometheusRule.enabled=true', ...args), 'PrometheusRule').spec.groups.flatMap(
      (group) => group.rules,
    );

  it('are disabled by default', async () => {
    const kinds = (await template()).map(({ kind }) => kind);
    expect(kinds).not.toContain('PrometheusRule');
    expect(kinds).not.toContain('ConfigMap');
  });

  it('use only metrics that the operator has', async () => {
    const known = new Set(await operatorMetrics());
    const expressions = [...(await rules()), ...dashboard().panels.flatMap(({ targets }) => targets)].map(({ expr }) => expr);
    const asked = expressions.flatMap(metricsOf);
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    const leases = expressions.flatMap((expr) =>
      [...expr.matchAll(/leader_election_master_status\{name="(.*?)"/g)].map(([, name]) => name),
    );
    expect(new Set(leases)).toEqual(new Set([LEASE_NAME]));
  });

  it('alert when the operator of this release is down, although that of another release runs', async () => {
    const gone = (await rules()).find(({ alert }) => alert === 'EeveeOperatorNotRunning');
    const series = gone?.expr.match(/leader_election_master_status\{[^}]*\}/g) ?? [];
    expect(series.length).toBeGreaterThan(0);
    expect(series.filter((selector) => !selector.includes('namespace="bots"'))).toEqual([]);
  });

  it('allow a backup an age of two intervals of its schedule, or a fixed one if the interval is unknown', async () => {
    const expressions = async (...args: readonly string[]) =>
      (await rules(...args)).filter(({ alert }) => alert === 'EeveeBackupTooOld').map(({ expr }) => expr);
    expect(await expressions()).toEqual([
      expect.stringMatching(/> 3600 \+ 2 \* \(.*eevee_backup_expected_interval_seconds\) > 0\)$/),
      expect.stringMatching(/> 93600 unless on \(namespace, name\) eevee_backup_expected_interval_seconds$/),
    ]);
    expect((await expressions('--set', 'prometheusRule.backupMaxAgeHours=48'))[1]).toContain('> 172800 unless');
  });

  it('alert about failed backups and restores, and NATS that is not Ready', async () => {
    const names = new Set((await rules()).map(({ alert }) => alert));
    expect([...names]).toEqual(expect.arrayContaining(['EeveeBackupFailed', 'EeveeRestoreFailed', 'EeveeIpcConfigNotReady']));
  });

  it('limit the time since the last verification, and the time until the first one', async () => {
    const alerts = async (...args: readonly string[]) => (await rules(...args)).filter(({ alert }) => alert === 'EeveeBackupNotVerified');
    expect(await alerts()).toMatchObject([
      { expr: expect.stringMatching(/> 0 and .* > 691200$/) },
      { expr: expect.stringMatching(/== 0$/), for: '192h' },
    ]);
    expect(await alerts('--set', 'prometheusRule.verificationMaxAgeHours=48')).toMatchObject([
      { expr: expect.stringMatching(/ > 172800$/) },
      { for: '48h' },
    ]);
  });

  it('alert at once about a backup that failed verification', async () => {
    const failed = (await rules()).find(({ alert }) => alert === 'EeveeBackupVerificationFailed');
    expect(failed?.expr).toBe('min by (namespace, name) (eevee_backup_last_verification_result) == 0');
  });

  it('are the alerts that docs/http-api.md lists, with their severities', async () => {
    const text = readFileSync(join(ROOT, 'docs/http-api.md'), 'utf8');
    const listed = [...text.matchAll(/^\| `(Eevee\w+)` \| (\w+) \|/gm)].map(([, alert, severity]) => `${alert} ${severity}`);
    const alerts = new Set((await rules()).map(({ alert, labels }) => `${alert} ${labels['severity']}`));
    expect(listed.toSorted()).toEqual([...alerts].toSorted());
  });

  it('have unique panel ids, and contain the dashboard of the chart unchanged', async () => {
    const ids = dashboard().panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const { data, metadata } = only<Rendered & { data: Record<string, string> }>(
      await template('--set', 'grafanaDashboard.enabled=true'),
      'ConfigMap',
    );
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(JSON.parse(data['eevee.json'] ?? '')).toEqual(dashboard());
  });

  const dashboard = (): Dashboard => JSON.parse(readFileSync(join(ROOT, 'charts/operator/dashboards/eevee.json'), 'utf8')) as Dashboard;
});

/** Names of series that the operator has. */
async function operatorMetrics(): Promise<readonly string[]> {
  const { registry } = createMetrics();
  const none = () => [];
  registerResourceMetrics(registry, {
    modulesReady: none,
    lastBackupTimes: none,
    lastBackupSizesBytes: none,
    lastBackupResults: none,
    expectedBackupIntervalsSeconds: none,
    lastVerifiedTimes: none,
    lastVerificationResults: none,
    ipcConfigsReady: none,
    restoresFailed: none,
    storesUp: none,
    restarts: none,
  });
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, type }) => (String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]));
}

/** Names of metrics in an expression of PromQL: identifiers before a selector or a range, and those that are neither a function nor a label. */
function metricsOf(expression: string): readonly string[] {
  const bare = expression.replaceAll(/\{[^}]*\}/g, '').replaceAll(/\b(by|on|without|ignoring)\s*\([^)]*\)/g, '');
  return bare.match(/\b[a-z]+(?:_[a-z0-9]+)+\b(?!\s*\()/g) ?? [];
}
