import { describe, expect, it } from 'vitest';
import { INPUT_COMMANDS, inputHelp, readInput } from './input.ts';

const read = (line: string) => readInput(line, 'eevee');

describe('a typed line', () => {
  it.each([
    ['!roll 6', { kind: 'say', text: '!roll 6' }],
    ['  indented  ', { kind: 'say', text: '  indented' }],
    ['/say #tag', { kind: 'say', text: '#tag' }],
    ['/me waves', { kind: 'say', text: 'waves', action: true }],
    ['/msg Eevee !roll  6', { kind: 'say', text: '!roll  6', private: true }],
    ['/nick fox', { kind: 'nick', nick: 'fox' }],
    ['/join #den', { kind: 'join', channel: '#den' }],
    ['/account fox', { kind: 'account', account: 'fox' }],
    ['/account', { kind: 'account', account: undefined }],
    ['/op', { kind: 'op', isOp: true }],
    ['/advance 1h30m', { kind: 'advance', ms: 5_400_000 }],
    ['/wait 50ms', { kind: 'wait', ms: 50 }],
    ['/quit', { kind: 'quit' }],
    ['/event join', { kind: 'event', event: { eventType: 'join' } }],
    ['/event part fox see you', { kind: 'event', event: { eventType: 'part', nick: 'fox', reason: 'see you' } }],
    ['/event kick fox flooding a lot', { kind: 'event', event: { eventType: 'kick', nick: 'fox', reason: 'flooding a lot' } }],
    ['/event nick vixen', { kind: 'event', event: { eventType: 'nick', newNick: 'vixen' } }],
    ['/event topic Welcome to  all', { kind: 'event', event: { eventType: 'topic', topic: 'Welcome to  all' } }],
    ['# a comment', { kind: 'nothing' }],
    ['   ', { kind: 'nothing' }],
  ])('is read: %s', (line, expected) => {
    expect(read(line)).toEqual(expected);
  });

  it.each([
    ['/frob x', 'there is no /frob: /help lists the commands, /say /frob x sends it as a text'],
    ['/constructor', 'there is no /constructor'],
    ['/nick', '/nick takes one word, such as /nick fox'],
    ['/nick two words', '/nick takes one word'],
    ['/msg eevee', '/msg takes a nick and a text: /msg eevee hello'],
    ['/msg fox hello', 'the bot is the only other user here: /msg eevee hello'],
    ['/advance soon', '/advance takes a duration, such as /advance 90s'],
    ['/wait 25d', '/wait takes at most 24d'],
    ['/event', '/event takes a type, such as /event join'],
    ['/event kick', '/event kick takes more arguments, such as /event kick fox flooding'],
    ['/event topic', '/event topic takes more arguments, such as /event topic Welcome'],
  ])('that is invalid is answered with the fix: %s', (line, message) => {
    expect(read(line)).toEqual({ kind: 'problem', message: expect.stringContaining(message) });
  });
});

describe('the help of the prompt', () => {
  const lines = (isLocal: boolean) => inputHelp({ prefix: '!', botNick: 'eevee', isLocal }).join('\n');

  it('lists every command', () => {
    for (const name of Object.keys(INPUT_COMMANDS)) expect(lines(true)).toContain(`  /${name} `);
  });

  it('omits commands that a bot in a cluster does not support', () => {
    expect(lines(false)).not.toContain('/advance');
    expect(lines(false)).toContain('/nick');
  });
});
