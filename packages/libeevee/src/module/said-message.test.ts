import { describe, expect, it } from 'vitest';
import { delivery } from './said-message.ts';

const said = { platform: 'irc', instance: 'main', channel: '#eevee', text: 'hello' };

describe('a delivery', () => {
  it('keeps text and place, including empty strings', () => {
    expect(
      delivery({ ...said, channel: '', text: '', network: 'libera', user: 'fox', trace: 't-1', more: 1 }, Date.UTC(2026, 0, 1)),
    ).toEqual({
      ...said,
      channel: '',
      text: '',
      network: 'libera',
      nick: 'fox',
      user: 'fox',
      userHost: '',
      account: undefined,
      botNick: '',
      private: false,
      isAction: false,
      timestamp: '2026-01-01T00:00:00.000Z',
      trace: 't-1',
      originalText: '',
      matchedCommand: '',
      matchedText: '',
    });
  });

  it.each([undefined, null, 'hello', [], {}, { ...said, text: 5 }, { ...said, channel: undefined }])('is absent from %j', (payload) => {
    expect(delivery(payload)).toBeUndefined();
  });

  it.each([
    ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z'],
    [1_767_323_045_678, '2026-01-02T03:04:05.678Z'],
    [Number.NaN, '2026-01-01T00:00:00.000Z'],
    [9e99, '2026-01-01T00:00:00.000Z'],
    [null, '2026-01-01T00:00:00.000Z'],
    ['', '2026-01-01T00:00:00.000Z'],
  ])('that was made at %j was made at "%s"', (timestamp, expected) => {
    expect(delivery({ ...said, timestamp }, Date.UTC(2026, 0, 1))?.timestamp).toBe(expected);
  });

  it.each(['', 5, null, undefined])('has no trace for %j', (trace) => {
    expect(delivery({ ...said, trace })?.trace).toBeUndefined();
  });
});
