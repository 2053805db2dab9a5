import type { CommandRegistration, IncomingMessage } from '../src/chat/payloads.ts';
import { BoundedRegexes, type Decision, Routing } from '../src/routing/index.ts';

/** A message in a channel, with every field of ours. */
export const said = (text: string, fields: Partial<IncomingMessage> = {}): IncomingMessage => ({
  platform: 'irc',
  network: 'irc.libera.chat',
  instance: 'main',
  channel: '#eevee',
  nick: 'fox',
  user: '~foxident',
  userHost: 'den.example.org',
  text,
  botNick: 'eevee[1]',
  commonPrefixRegex: '^[!.]',
  trace: 't-1',
  timestamp: '2026-01-02T03:04:05.678Z',
  ...fields,
});

/** A router with a clock that the test advances. */
export class RoutingWorld {
  nowMs = Date.UTC(2026, 0, 1);
  /** On a clock that is never set; `undefined`: like the other one. */
  steadyMs: number | undefined;
  readonly regexes = new BoundedRegexes();
  readonly routing = new Routing({
    now: () => this.nowMs,
    steadyNow: () => this.steadyMs ?? this.nowMs,
    evaluate: (tasks) => this.regexes.evaluate(tasks),
  });
  decisions: Decision[] = [];
  readonly emit = (decision: Decision): void => void this.decisions.push(decision);

  command(fields: Partial<Record<keyof CommandRegistration, unknown>> = {}): ReturnType<Routing['registerCommand']> {
    const limit = { mode: 'drop', level: 'user', limit: 0, interval: '1m' };
    return this.routing.registerCommand({
      commandUUID: 'c-1',
      commandDisplayName: 'echo',
      regex: String.raw`^echo\s+`,
      ratelimit: limit,
      ...fields,
    });
  }

  async say(text: string, fields: Partial<IncomingMessage> = {}): Promise<Decision[]> {
    this.decisions = [];
    await this.routing.route(said(text, fields), this.emit);
    return this.decisions;
  }

  async texts(text: string, fields: Partial<IncomingMessage> = {}): Promise<string[]> {
    return (await this.say(text, fields)).flatMap((each) => (each.kind === 'execute' ? [each.execution.text] : []));
  }

  async kinds(text: string, fields: Partial<IncomingMessage> = {}): Promise<string[]> {
    return (await this.say(text, fields)).map((each) => (each.kind === 'limited' ? each.action : each.kind));
  }
}
