import { beforeEach, describe, expect, it } from 'vitest';
import { initializeSystemMetrics, register } from './registry.ts';
import {
  createModuleMetrics,
  recordChannel,
  recordCommand,
  recordCommandError,
  recordConnection,
  recordMessage,
} from './module-metrics.ts';

beforeEach(() => register.resetMetrics());

/** All non-zero values except those of histogram buckets. */
async function counted(): Promise<string[]> {
  const lines = (await register.metrics()).split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' 0') && !line.includes('_bucket{')).toSorted();
}

describe('createModuleMetrics', () => {
  it('counts under the name of the module', async () => {
    const metrics = createModuleMetrics('echo');
    metrics.recordCommand('irc', 'libera', '#eevee', 'success');
    metrics.recordError('timeout');
    metrics.recordError('stopped', 3);
    metrics.recordProcessingTime(0.25);
    metrics.recordNatsPublish('message.outgoing');
    metrics.recordNatsSubscribe('stats.uptime');
    expect(await counted()).toEqual([
      'command_errors_total{module="echo",type="stopped"} 3',
      'command_errors_total{module="echo",type="timeout"} 1',
      'command_processing_seconds_count{module="echo"} 1',
      'command_processing_seconds_sum{module="echo"} 0.25',
      'commands_total{module="echo",platform="irc",network="libera",channel="#eevee",result="success"} 1',
      'errors_total{module="echo",type="stopped",operation="module"} 3',
      'errors_total{module="echo",type="timeout",operation="module"} 1',
      'nats_publish_total{module="echo",type="message.outgoing"} 1',
      'nats_subscribe_total{module="echo",subject="stats.uptime"} 1',
    ]);
  });
});

describe('record functions', () => {
  it('count messages and commands', async () => {
    recordMessage('irc', 'irc', 'incoming', 'success');
    recordCommand('echo', 'irc', 'libera', '#a', 'error');
    recordCommandError('echo', 'timeout');
    expect(await counted()).toEqual([
      'command_errors_total{module="echo",type="timeout"} 1',
      'commands_total{module="echo",platform="irc",network="libera",channel="#a",result="error"} 1',
      'messages_total{module="irc",platform="irc",direction="incoming",result="success"} 1',
    ]);
  });

  it('track the number of open connections', async () => {
    for (const result of ['connected', 'connected', 'disconnected', 'error']) recordConnection('irc', result);
    expect(await counted()).toEqual([
      'active_connections{module="irc"} 1',
      'connections_total{module="irc",result="connected"} 2',
      'connections_total{module="irc",result="disconnected"} 1',
      'connections_total{module="irc",result="error"} 1',
    ]);
  });

  it('show the channels the module is in', async () => {
    recordChannel('irc', '#a', 'join');
    recordChannel('irc', '#b', 'join');
    recordChannel('irc', '#a', 'part');
    expect(await counted()).toEqual([
      'active_channels{module="irc",channel="#b"} 1',
      'channels_total{module="irc",action="join"} 2',
      'channels_total{module="irc",action="part"} 1',
    ]);
  });
});

describe('the registry', () => {
  it('has every shared instrument, with its labels', async () => {
    const metrics = await register.getMetricsAsJSON();
    expect(metrics.map(({ name, type }) => `${name} ${String(type)}`).toSorted()).toEqual([
      'active_channels gauge',
      'active_connections gauge',
      'channels_total counter',
      'command_duration_seconds histogram',
      'command_errors_total counter',
      'command_processing_seconds histogram',
      'commands_total counter',
      'connections_total counter',
      'errors_total counter',
      'http_request_duration_seconds histogram',
      'http_requests_total counter',
      'memory_usage_bytes gauge',
      'message_processing_seconds histogram',
      'messages_total counter',
      'nats_publish_total counter',
      'nats_subscribe_total counter',
      'uptime_seconds gauge',
    ]);
  });

  it('is the registry that modules get from prom-client', async () => {
    const { register: theirs } = await import('prom-client');
    expect(theirs).toBe(register);
  });

  it('measures the system at each scrape, for the modules that requested it', async () => {
    const uptime = async (): Promise<number> => Number(/^uptime_seconds\{module="echo"\} (.+)$/m.exec(await register.metrics())?.[1]);
    expect(await uptime()).toBeNaN();
    initializeSystemMetrics('echo');
    const first = await uptime();
    expect(first).toBeGreaterThan(0);
    expect(await uptime()).toBeGreaterThan(first);
    expect(await register.metrics()).toMatch(/^memory_usage_bytes\{module="echo",type="heapUsed"\} \d+$/m);
  });
});
