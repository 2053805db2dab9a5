import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

const pod = { interactive: false, hostName: 'eevee-operator-0' };

describe('parseConfig', () => {
  it('has a default for every setting', () => {
    expect(parseConfig({}, pod)).toEqual({
      namespace: 'eevee-bot',
      watchedNamespaces: ['eevee-bot'],
      inCluster: false,
      httpPort: 9000,
      apiToken: undefined,
      logLevel: 'info',
      logFormat: 'json',
      leaderElection: false,
      concurrency: 16,
      clusterDomain: 'cluster.local',
      natsImage: 'nats:2.15.2-alpine',
      backupImage: 'ghcr.io/eeveebot/backup:3.0.0',
      apiUrl: 'http://eevee-eevee-operator-service.eevee-bot.svc.cluster.local:9000',
      release: undefined,
      identity: 'eevee-operator-0',
    });
  });

  it('watches its own namespace, those of a list, or all', () => {
    const watched = (environment: Record<string, string>) => parseConfig({ NAMESPACE: 'ops', ...environment }, pod).watchedNamespaces;
    expect(watched({})).toEqual(['ops']);
    expect(watched({ WATCH_NAMESPACES: 'two, one,two' })).toEqual(['one', 'two']);
    expect(watched({ WATCH_OTHER_NAMESPACES: 'true' })).toBeUndefined();
    expect(() => watched({ WATCH_NAMESPACES: 'one', WATCH_OTHER_NAMESPACES: 'true' })).toThrow(/unset one of the two/);
    expect(() => watched({ WATCH_NAMESPACES: 'One,two' })).toThrow(/a list of namespace names/);
  });

  it('treats an empty variable as unset, because charts render empty ones', () => {
    expect(parseConfig({ NAMESPACE: '', EEVEE_OPERATOR_API_TOKEN: '', LOG_LEVEL: '' }, pod)).toMatchObject({
      namespace: 'eevee-bot',
      apiToken: undefined,
      logLevel: 'info',
    });
  });

  it('elects a leader in a cluster unless that is disabled', () => {
    expect(parseConfig({ KUBE_IN_CLUSTER_CONFIG: 'true' }, pod).leaderElection).toBe(true);
    expect(parseConfig({ KUBE_IN_CLUSTER_CONFIG: 'true', LEADER_ELECTION: 'false' }, pod).leaderElection).toBe(false);
  });

  it('logs readable lines in a terminal, and JSON for a collector elsewhere', () => {
    expect(parseConfig({}, { ...pod, interactive: true }).logFormat).toBe('pretty');
    expect(parseConfig({ LOG_FORMAT: 'json' }, { ...pod, interactive: true }).logFormat).toBe('json');
  });

  it.each(['verbose', 'http', 'silly'])('logs at debug for the level %s of earlier releases', (level) => {
    expect(parseConfig({ LOG_LEVEL: level }, pod).logLevel).toBe('debug');
  });

  it('rejects all invalid values at once, and names each variable and the fix', () => {
    const bad = {
      NAMESPACE: 'Not A Namespace',
      HTTP_API_PORT: '99999',
      LOG_LEVEL: 'loud',
      CONCURRENCY: '0',
      WATCH_OTHER_NAMESPACES: 'maybe',
      KUBERNETES_CLUSTER_DOMAIN: 'cluster..local',
      OPERATOR_API_URL: 'operator:9000',
    };
    expect(() => parseConfig(bad, pod)).toThrow(ConfigError);
    let problems: readonly string[] = [];
    try {
      parseConfig(bad, pod);
    } catch (error) {
      if (error instanceof ConfigError) problems = error.problems;
    }
    expect(problems).toHaveLength(7);
    const text = problems.join('\n');
    for (const variable of Object.keys(bad)) expect(text).toContain(variable);
    expect(text).toContain('a whole number from 1 to 256');
    expect(text).toContain('"cluster..local" is not a DNS domain such as cluster.local');
  });

  it('never repeats the API token in an error', () => {
    try {
      parseConfig({ EEVEE_OPERATOR_API_TOKEN: 's3cret-value', HTTP_API_PORT: 'x' }, pod);
    } catch (error) {
      expect(String(error)).not.toContain('s3cret-value');
      return;
    }
    expect.unreachable('a bad port must be refused');
  });
});
