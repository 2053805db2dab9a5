import { expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import { Speaker } from './speaker.ts';

it('goes on talking while users send more CTCP requests than it may answer', () => {
  const clock = new ManualClock();
  const sent: string[] = [];
  const speaker = new Speaker(
    { burst: 5, perSecond: 0.5 },
    {
      clock,
      send: (line) => void sent.push(line),
      prefix: () => 'eevee!eevee@host',
      isOpen: () => true,
      isComing: () => false,
      folded: (name) => name,
      byteLength: (text) => Buffer.byteLength(text),
      onExpired: () => undefined,
    },
  );
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
