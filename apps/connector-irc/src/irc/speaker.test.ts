import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import type { FloodControl } from '../config/flood-control.ts';
import { Speaker, type SpeakerDeps } from './speaker.ts';

/** A speaker that records all its actions in order. */
function speakerThatNotes(
  done: string[],
  {
    clock = new ManualClock(),
    flood,
    onCommandDropped = () => undefined,
  }: Partial<Pick<SpeakerDeps, 'onCommandDropped'>> & {
    readonly clock?: ManualClock;
    readonly flood?: FloodControl;
  } = {},
): Speaker {
  return new Speaker(flood, {
    clock,
    send: (line) => void done.push(line),
    ping: (token) => void done.push(`PING :${token}`),
    prefix: () => 'eevee!eevee@host',
    isOpen: () => true,
    isComing: () => false,
    folded: (name) => name,
    byteLength: (text) => Buffer.byteLength(text),
    onExpired: () => undefined,
    onCommandDropped,
  });
}

it('confirms a message before its lines are sent, and sends later lines after them', async () => {
  const done: string[] = [];
  const speaker = speakerThatNotes(done);
  const awaited = { isAwaited: true, taken: () => void done.push('confirmed'), released: () => undefined };
  speaker.say({ kind: 'message', target: '#eevee', text: 'one\ntwo' }, awaited);
  speaker.say({ kind: 'message', target: '#eevee', text: 'three' });
  expect([done, speaker.waiting]).toEqual([['confirmed'], 3]);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(done).toEqual(['confirmed', ...['one', 'two', 'three'].map((text) => `PRIVMSG #eevee :${text}`)]);
  speaker.say({ kind: 'message', target: '#eevee', text: 'four' });
  expect([done.at(-1), speaker.waiting]).toEqual(['PRIVMSG #eevee :four', 0]);
});

it('keeps sending messages while users send more CTCP requests than it may answer', () => {
  const clock = new ManualClock();
  const sent: string[] = [];
  const speaker = speakerThatNotes(sent, { clock, flood: { burst: 5, perSecond: 0.5 } });
  const flood = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      speaker.answerCtcp('NOTICE fox :\u0001PING 1\u0001');
      clock.advance(1_000);
    }
  };
  flood(60);
  for (let n = 0; n < 5; n++) speaker.say({ kind: 'message', target: '#eevee', text: `answer ${n}` });
  sent.length = 0;
  flood(20);
  expect(sent.filter((line) => line.startsWith('PRIVMSG'))).toHaveLength(5);
  expect(sent.filter((line) => line.startsWith('NOTICE'))).toHaveLength(5);
});

it('keeps a bounded number of commands, and reports those that it drops', () => {
  let dropped = 0;
  const speaker = speakerThatNotes([], { flood: { burst: 1, perSecond: 0.5 }, onCommandDropped: () => void dropped++ });
  for (let n = 0; n < 5_001; n++) speaker.command(`KICK #eevee fox${n} :out`);
  expect([speaker.waiting, dropped]).toEqual([1_000, 4_000]);
});

/** Lets lines be sent that wait for the confirmations of their messages. */
async function confirmed(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

describe.each([
  ['that are confirmed to their senders', { isAwaited: true, taken: () => undefined, released: () => undefined }],
  ['without a sender', undefined],
])('250 messages %s, without flood control', (_which, message) => {
  let [clock, sent] = [new ManualClock(), [] as string[]];
  let speaker: Speaker;
  const lines = (): number => sent.filter((line) => !line.startsWith('PING')).length;
  const pings = (): string[] => sent.filter((line) => line.startsWith('PING'));

  beforeEach(async () => {
    [clock, sent] = [new ManualClock(), []];
    speaker = speakerThatNotes(sent, { clock });
    for (let n = 0; n < 250; n++) speaker.say({ kind: 'message', target: '#eevee', text: String(n) }, message && { ...message });
    await confirmed();
    expect([lines(), speaker.waiting, speaker.unread, pings()]).toEqual([100, 150, 100, ['PING :lines-1']]);
  });

  it('are sent as the server reads the earlier ones', async () => {
    const before = sent.indexOf('PING :lines-1');
    speaker.answered('lines-1');
    await confirmed();
    expect([lines(), pings()]).toEqual([100 + before, ['PING :lines-1', 'PING :lines-2']]);
  });

  it('are sent to a server that answers no PING', async () => {
    for (let second = 0; second < 100; second++) {
      clock.advance(1_000);
      await confirmed();
    }
    expect([lines(), speaker.waiting]).toEqual([250, 0]);
    expect(speaker.clear()).toBe(0);
  });
});

it.each([
  ['a thousand lines for a channel with flood control', { burst: 1, perSecond: 1 }, 1_001],
  ['more without, since they wait only for the server', undefined, 50_100],
])('keeps %s', (_what, flood, most) => {
  const speaker = speakerThatNotes([], flood === undefined ? {} : { flood });
  const results = Array.from({ length: most + 1 }, (_, n) => speaker.say({ kind: 'message', target: '#eevee', text: String(n) }));
  expect([results.indexOf('queue-full'), results.lastIndexOf('taken')]).toEqual([most, most - 1]);
  // Another limit does not remove lines that wait.
  speaker.limit({ burst: 1, perSecond: 1 });
  expect([speaker.waiting >= 1_000, speaker.say({ kind: 'message', target: '#eevee', text: 'more' })]).toEqual([true, 'queue-full']);
});
