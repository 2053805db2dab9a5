import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Helm } from '@eeveebot/testing';
import { manifests, only, type Rendered } from './manifests.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface PrometheusRule extends Rendered {
  readonly spec: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
}

type Labels = Readonly<Record<string, string>>;

/** Whether an alert fires with some series. */
interface Row {
  /**
   * Time between two values of a series, the first of which is at the Unix epoch, and between two evaluations of the rules; `1m` by
   * default.
   */
  readonly every?: string;
  readonly alert: string;
  /** Index among several rules of one name. */
  readonly nth?: number;
  readonly series: Readonly<Record<string, string>>;
  /** Time at which the alert is checked. */
  readonly at: string;
  /** Labels that the alert has; `undefined` when it must not fire. */
  readonly fires: Labels | undefined;
}

const echo = { namespace: 'bots', name: 'echo' };
const ECHO = '{namespace="bots",name="echo"}';
const LEADER = 'leader_election_master_status{name="eevee-operator-leader",namespace="bots"}';
const OTHER_LEADER = 'leader_election_master_status{name="eevee-operator-leader",namespace="others"}';
const SUCCESS = `eevee_backup_last_success_timestamp_seconds${ECHO}`;
const INTERVAL = `eevee_backup_expected_interval_seconds${ECHO}`;
const RESULT = `eevee_backup_last_result${ECHO}`;
const VERIFIED = `eevee_backup_last_verified_timestamp_seconds${ECHO}`;

const ROWS: readonly Row[] = [
  {
    alert: 'EeveeOperatorNotRunning',
    series: { [OTHER_LEADER]: '1x20' },
    at: '10m',
    fires: { name: 'eevee-operator-leader', namespace: 'bots' },
  },
  { alert: 'EeveeOperatorNotRunning', series: { [LEADER]: '0x20' }, at: '10m', fires: {} },
  { alert: 'EeveeOperatorNotRunning', series: { [LEADER]: '1x20' }, at: '10m', fires: undefined },
  { alert: 'EeveeOperatorNotRunning', series: { [LEADER]: '0x3 1x20' }, at: '10m', fires: undefined },

  { alert: 'EeveeOperatorBlind', series: watchAge('700x20'), at: '10m', fires: { namespace: 'bots', resource: 'pods' } },
  { alert: 'EeveeOperatorBlind', series: watchAge('60x20'), at: '10m', fires: undefined },

  { alert: 'EeveeOperatorRivals', series: rivals('1x20'), at: '16m', fires: { namespace: 'bots', pod: 'operator-1' } },
  // An upgrade in which the old pod ends after the new one has started.
  { alert: 'EeveeOperatorRivals', series: rivals('1x5 0x20'), at: '16m', fires: undefined },
  { alert: 'EeveeOperatorRivals', series: rivals('0x20'), at: '16m', fires: undefined },

  { alert: 'EeveeOperatorLeaseRefused', series: obstacles('1x20'), at: '16m', fires: { namespace: 'bots', pod: 'operator-1' } },
  { alert: 'EeveeOperatorLeaseRefused', series: obstacles('1x5 0x20'), at: '16m', fires: undefined },

  { alert: 'EeveeReconcileErrors', series: errors('0+1x60'), at: '40m', fires: { namespace: 'bots', controller: 'botmodule' } },
  { alert: 'EeveeReconcileErrors', series: errors('0+1x5 5x60'), at: '40m', fires: undefined },

  { alert: 'EeveeModuleNotReady', series: { [`eevee_botmodule_ready${ECHO}`]: '0x30' }, at: '20m', fires: echo },
  { alert: 'EeveeModuleNotReady', series: { [`eevee_botmodule_ready${ECHO}`]: '0x9 1x30' }, at: '20m', fires: undefined },

  // Two intervals of an hour, and an hour.
  { alert: 'EeveeBackupTooOld', series: { [SUCCESS]: '0x300', [INTERVAL]: '3600x300' }, at: '190m', fires: echo },
  { alert: 'EeveeBackupTooOld', series: { [SUCCESS]: '0x300', [INTERVAL]: '3600x300' }, at: '170m', fires: undefined },
  // A suspended schedule.
  { alert: 'EeveeBackupTooOld', every: '1h', series: { [SUCCESS]: '0x40', [INTERVAL]: '0x40' }, at: '30h', fires: undefined },
  { alert: 'EeveeBackupTooOld', nth: 1, every: '1h', series: { [SUCCESS]: '0x40' }, at: '27h', fires: echo },
  { alert: 'EeveeBackupTooOld', nth: 1, every: '1h', series: { [SUCCESS]: '0x40' }, at: '26h', fires: undefined },

  { alert: 'EeveeBackupFailed', series: { [RESULT]: '0x99', [SUCCESS]: '0x99', [INTERVAL]: '3600x99' }, at: '80m', fires: echo },
  // Before the first run.
  { alert: 'EeveeBackupFailed', series: { [RESULT]: '0x99', [SUCCESS]: '0x99', [INTERVAL]: '3600x99' }, at: '59m', fires: undefined },
  { alert: 'EeveeBackupFailed', series: { [RESULT]: '1x99', [SUCCESS]: '0x99', [INTERVAL]: '3600x99' }, at: '80m', fires: undefined },

  { alert: 'EeveeRestoreFailed', series: { [`eevee_backuprestore_failed${ECHO}`]: '1x5' }, at: '1m', fires: echo },
  { alert: 'EeveeRestoreFailed', series: { [`eevee_backuprestore_failed${ECHO}`]: '0x5' }, at: '1m', fires: undefined },

  { alert: 'EeveeIpcConfigNotReady', series: { [`eevee_ipcconfig_ready${ECHO}`]: '0x30' }, at: '20m', fires: echo },
  { alert: 'EeveeIpcConfigNotReady', series: { [`eevee_ipcconfig_ready${ECHO}`]: '1x30' }, at: '20m', fires: undefined },

  { alert: 'EeveeBackupVerificationFailed', series: { [`eevee_backup_last_verification_result${ECHO}`]: '0x5' }, at: '1m', fires: echo },
  {
    alert: 'EeveeBackupVerificationFailed',
    series: { [`eevee_backup_last_verification_result${ECHO}`]: '1x5' },
    at: '1m',
    fires: undefined,
  },

  // 192 hours.
  { alert: 'EeveeBackupNotVerified', every: '1h', series: { [VERIFIED]: '60x200' }, at: '193h', fires: echo },
  { alert: 'EeveeBackupNotVerified', every: '1h', series: { [VERIFIED]: '60x200' }, at: '192h', fires: undefined },
  { alert: 'EeveeBackupNotVerified', nth: 1, every: '1h', series: { [VERIFIED]: '0x200' }, at: '193h', fires: echo },
  { alert: 'EeveeBackupNotVerified', nth: 1, every: '1h', series: { [VERIFIED]: '0x200' }, at: '191h', fires: undefined },

  { alert: 'EeveeStoreDown', series: { [`eevee_s3store_up${ECHO}`]: '0x30' }, at: '20m', fires: echo },
  { alert: 'EeveeStoreDown', series: { [`eevee_s3store_up${ECHO}`]: '1x30' }, at: '20m', fires: undefined },
];

describe('the alerts of chart operator, as Prometheus reads them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-alerts-'));
  let rules: readonly Rule[];

  beforeAll(async () => {
    const helm = await Helm.withCharts(folder);
    const chart = ['template', 'eevee', helm.chart('operator'), '--namespace', 'bots', '--kube-version', '1.37.2'];
    const rendered = manifests(await helm.run([...chart, '--set', 'prometheusRule.enabled=true']));
    const { spec } = only<PrometheusRule>(rendered, 'PrometheusRule');
    rules = spec.groups.flatMap((group) => group.rules);
    writeFileSync(join(folder, 'rules.yaml'), JSON.stringify(spec));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Returns the output of promtool. @throws Error when it finds a mistake. */
  const promtool = async (...args: readonly string[]) => {
    const { stdout, stderr } = await promisify(execFile)('promtool', [...args], { cwd: folder });
    return `${stdout}${stderr}`;
  };

  it('are valid rules', async () => {
    expect(await promtool('check', 'rules', 'rules.yaml')).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('are each tested firing and not firing', () => {
    const tried = (fires: boolean) => new Set(ROWS.filter((row) => (row.fires !== undefined) === fires).map(ruleOf));
    const all = new Set(rules);
    expect(tried(true)).toEqual(all);
    expect(tried(false)).toEqual(all);
  });

  it.each(['1m', '1h'])('fire exactly when they should, evaluated every %s', async (interval) => {
    const tests = ROWS.filter(({ every = '1m' }) => every === interval).map(testOf);
    writeFileSync(join(folder, 'tests.yaml'), JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: interval, tests }));
    expect(await promtool('test', 'rules', 'tests.yaml')).toContain('SUCCESS');
  });

  const ruleOf = ({ alert, nth = 0 }: Row): Rule | undefined => rules.filter((rule) => rule.alert === alert)[nth];

  /** A test of `promtool test rules`. */
  function testOf(row: Row): object {
    const { alert, every = '1m', series, at, fires } = row;
    const rule = ruleOf(row);
    const expected =
      fires === undefined ? [] : [{ exp_labels: { ...rule?.labels, ...fires }, exp_annotations: annotationsOf(rule, fires) }];
    return {
      interval: every,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: expected }],
    };
  }
});

/** The annotations of a rule with the values of the labels inserted. */
const annotationsOf = (rule: Rule | undefined, labels: Labels): Labels =>
  Object.fromEntries(
    Object.entries(rule?.annotations ?? {}).map(([key, text]) => [
      key,
      text.replaceAll(/\{\{ \$labels\.(?<label>\w+) \}\}/g, (_, label: string) => labels[label] ?? ''),
    ]),
  );

function watchAge(values: string): Row['series'] {
  return { 'eevee_operator_watch_age_seconds{namespace="bots",resource="pods"}': values };
}

function rivals(values: string): Row['series'] {
  return { 'eevee_operator_rivals{namespace="bots",pod="operator-1"}': values };
}

function obstacles(values: string): Row['series'] {
  return { 'eevee_operator_lease_obstacles{namespace="bots",pod="operator-1"}': values };
}

function errors(values: string): Row['series'] {
  return { 'controller_runtime_reconcile_errors_total{namespace="bots",controller="botmodule"}': values };
}
