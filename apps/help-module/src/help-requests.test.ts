import { EventEmitter } from 'node:events';
import { SUBJECT } from '@eeveebot/contract';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { HelpRequests } from './help-requests.ts';
import { HelpRegistry } from './registry.ts';

const MINUTE_MS = 60_000;

class Bus extends EventEmitter {
  readonly publish = vi.fn(() => Promise.resolve(true));
  isAway = false;
  isClosed(): boolean {
    return this.isAway;
  }
}

let nowMs: number;
let bus: Bus;
let registry: HelpRegistry;
let requests: HelpRequests;

beforeEach(() => {
  nowMs = 0;
  bus = new Bus();
  registry = new HelpRegistry();
  requests = new HelpRequests({ nats: bus as never, registry, now: () => nowMs });
  requests.heard({ from: 'echo', entries: [{ command: 'echo', descr: 'Repeats', params: [] }] });
});

function pass(minutes: number): void {
  for (let minute = 0; minute < minutes; minute++) {
    nowMs += MINUTE_MS;
    requests.tick();
  }
}

const modules = (): string[] => registry.modules.map(({ from }) => from);

describe('requests for help', () => {
  it('are sent each minute, and remove a module that has not answered for five minutes', () => {
    pass(5);
    expect([bus.publish.mock.calls.length, modules()]).toEqual([5, ['echo']]);
    expect(bus.publish).toHaveBeenLastCalledWith(SUBJECT.helpUpdateRequest, '{}');
    pass(1);
    expect(modules()).toEqual([]);
  });

  it('are not sent while NATS is away, when no module can answer, and remove none until they could', () => {
    bus.isAway = true;
    pass(30);
    expect([bus.publish.mock.calls.length, modules()]).toEqual([0, ['echo']]);
    bus.isAway = false;
    bus.emit('reconnect');
    expect(bus.publish).toHaveBeenCalledOnce();
    pass(5);
    expect(modules()).toEqual(['echo']);
    pass(1);
    expect(modules()).toEqual([]);
  });

  it('remove no module after the process was suspended, when no module could answer', () => {
    nowMs += 30 * MINUTE_MS;
    requests.tick();
    expect(modules()).toEqual(['echo']);
  });
});
