import { eventually } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { sendAction, sendChatMessage } from '../src/chat/answers.ts';
import { register } from '../src/metrics/registry.ts';
import { createModuleMetrics } from '../src/metrics/module-metrics.ts';
import { registerStatsHandlers } from '../src/process/stats.ts';
import { where, useWire } from './wire-bus.ts';

const { bus, afterMessages, quiet } = useWire();

describe('chat', () => {
  it('sends messages and actions on the subjects connectors listen on', async () => {
    await sendChatMessage(bus.nats, { ...where, text: 'hello', trace: 't-1' });
    await sendAction(bus.nats, { ...where, text: 'waves', trace: 't-2' });
    expect(await afterMessages(2)).toEqual([
      { subject: 'chat.message.outgoing.irc.main.#eevee', payload: { ...where, text: 'hello', trace: 't-1', type: 'message.outgoing' } },
      { subject: 'chat.action.outgoing.irc.main.#eevee', payload: { ...where, text: 'waves', trace: 't-2', type: 'action.outgoing' } },
    ]);
  });

  it('generates a trace if none is given', async () => {
    await sendChatMessage(bus.nats, { ...where, text: 'hello' });
    const [message] = await afterMessages(1);
    expect(message?.payload).toMatchObject({ trace: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it.each(['#two words', '#a.b.c', '*', '>', '', '🦊', 'tab\there'])('reaches the connector for a channel called %j', async (channel) => {
    const connector: unknown[] = [];
    bus.observer.subscribe('chat.message.outgoing.irc.main.>', { callback: (_error, msg) => void connector.push(msg.json()) });
    await bus.observer.flush();
    await sendChatMessage(bus.nats, { ...where, channel, text: 'hello', trace: 't' });
    await eventually(() => connector.length > 0);
    expect(connector).toEqual([{ ...where, channel, text: 'hello', trace: 't', type: 'message.outgoing' }]);
    expect(await quiet()).toHaveLength(1);
  });

  it('rejects when it could not be sent, and counts only sent messages', async () => {
    const metrics = createModuleMetrics('chat-count');
    await sendChatMessage(bus.nats, { ...where, text: 'hello' }, metrics);
    await expect(sendChatMessage(bus.nats, { ...where, text: 'x'.repeat(2 * 1024 * 1024) }, metrics)).rejects.toMatchObject({
      code: 'EEVEE_CHAT_NOT_SENT',
    });
    await bus.nats.close();
    await expect(sendAction(bus.nats, { ...where, text: 'waves' }, metrics)).rejects.toMatchObject({ code: 'EEVEE_CHAT_NOT_SENT' });
    const counts = (await register.metrics()).split('\n').filter((line) => line.startsWith('nats_publish_total{module="chat-count"'));
    expect(counts).toEqual(['nats_publish_total{module="chat-count",type="message.outgoing"} 1']);
  });
});

describe('stats', () => {
  /** The answer to a request on `subject`. */
  async function answer(subject: string): Promise<unknown> {
    bus.observer.publish(subject, JSON.stringify({ replyChannel: 'answers.mine' }));
    await eventually(() => bus.heard.some((each) => each.subject === 'answers.mine'));
    return bus.heard.find((each) => each.subject === 'answers.mine')?.payload;
  }

  it('answers stats.uptime', async () => {
    await Promise.all(registerStatsHandlers({ nats: bus.nats, moduleName: 'wire', startTime: Date.now() - 93_784_500, version: '1.2.3' }));
    const uptime: unknown = await answer('stats.uptime');
    expect(uptime).toEqual({ module: 'wire', version: '1.2.3', uptime: expect.any(Number), uptimeFormatted: '1d 2h 3m 4s' });
    expect(Reflect.get(Object(uptime), 'uptime')).toBeGreaterThanOrEqual(93_784_500);
  });

  it('answers stats.emit.request', async () => {
    await Promise.all(registerStatsHandlers({ nats: bus.nats, moduleName: 'wire', startTime: Date.now() - 61_000, version: '1.2.3' }));
    expect(await answer('stats.emit.request')).toEqual({
      module: 'wire',
      stats: {
        version: '1.2.3',
        uptime_seconds: 61,
        uptime_formatted: '1m 1s',
        memory_rss_mb: expect.any(Number),
        memory_heap_used_mb: expect.any(Number),
        prometheus_metrics: expect.stringContaining('# TYPE nats_publish_total counter'),
      },
    });
  });

  it('adds fields of the module to its stats', async () => {
    let connected = false;
    const moreStats = (): Record<string, unknown> => ({ connector: [{ name: 'main', connected }] });
    await Promise.all(registerStatsHandlers({ nats: bus.nats, moduleName: 'wire', startTime: Date.now(), moreStats }));
    connected = true;
    expect(await answer('stats.emit.request')).toMatchObject({
      stats: { version: 'unknown', connector: [{ name: 'main', connected: true }] },
    });
  });

  it('omits metrics from an answer that would be too large for NATS', async () => {
    const small = '# TYPE small gauge\nsmall 1';
    const large = `# TYPE large gauge\n${Array.from({ length: 100_000 }, (_, at) => `large{at="${at}"} ${at}`).join('\n')}`;
    const prometheusRegister = { metrics: () => Promise.resolve(`${large}\n\n${small}\n`) };
    await Promise.all(registerStatsHandlers({ nats: bus.nats, moduleName: 'wire', startTime: Date.now(), prometheusRegister }));
    expect(await answer('stats.emit.request')).toMatchObject({
      stats: { version: 'unknown', prometheus_metrics: expect.stringMatching(/^# TYPE small gauge\nsmall 1\n\n\n# 1 metrics omitted/) },
    });
  });

  it('continues after requests without a reply subject', async () => {
    await Promise.all(registerStatsHandlers({ nats: bus.nats, moduleName: 'wire', startTime: Date.now() }));
    bus.observer.publish('stats.uptime', '{}');
    bus.observer.publish('stats.uptime', '{"replyChannel":5}');
    expect(await answer('stats.uptime')).toMatchObject({ module: 'wire' });
  });

  it('answers a NATS request too', async () => {
    await Promise.all(registerStatsHandlers({ nats: bus.nats, moduleName: 'wire', startTime: Date.now() }));
    expect((await bus.observer.request('stats.uptime', 'not JSON')).json()).toMatchObject({ module: 'wire' });
  });
});
