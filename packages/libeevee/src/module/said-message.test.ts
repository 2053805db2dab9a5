import { describe, expect, it } from 'vitest';
import { delivery } from './said-message.ts';

const said = { platform: 'irc', instance: 'main', channel: '#eevee', text: 'hello' };

describe('a delivery', () => {
  it('keeps what was said and where, empty texts too', () => {
    expect(delivery({ ...said, channel: '', text: '', network: 'libera', user: 'fox', trace: 't-1', more: 1 })).toEqual({
      ...said,
      channel: '',
      text: '',
      network: 'libera',
      user: 'fox',
      userHost: '',
      timestamp: '',
      trace: 't-1',
      originalText: '',
      matchedCommand: '',
      matchedText: '',
    });
  });

  it.each([undefined, null, 'hello', [], {}, { ...said, text: 5 }, { ...said, channel: undefined }])('is none in %j', (payload) => {
    expect(delivery(payload)).toBeUndefined();
  });

  it.each(['', 5, null, undefined])('has no trace in %j', (trace) => {
    expect(delivery({ ...said, trace })?.trace).toBeUndefined();
  });
});
