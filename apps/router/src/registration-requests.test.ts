import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RegistrationRequests } from './registration-requests.ts';

const ALL = ['control.registerCommands', 'control.registerBroadcasts', 'control.registerEvents'];

let asked: string[];
let requests: RegistrationRequests;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  requests = new RegistrationRequests({ publish: (subject) => Promise.resolve(asked.push(subject) > 0), isClosed: () => false });
});

afterEach(() => {
  requests.stop();
  vi.useRealTimers();
});

describe('requests to register again', () => {
  it('are one for each kind, however many registrations of a module are withdrawn', () => {
    for (let id = 0; id < 1_000; id++) requests.sendSoon('command');
    requests.sendSoon('event');
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual(['control.registerCommands', 'control.registerEvents']);
    requests.sendSoon('command');
    vi.advanceTimersByTime(1_000);
    expect(asked).toHaveLength(3);
  });

  it('of all kinds include those that were due soon', () => {
    requests.sendSoon('command');
    requests.send();
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual(ALL);
  });

  it('are not sent after the router stopped', () => {
    requests.sendSoon('broadcast');
    requests.stop();
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual([]);
  });
});
