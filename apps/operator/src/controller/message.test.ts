import { describe, expect, it } from 'vitest';
import { boundedMessage, boundedText, withBoundedMessages } from './message.ts';

describe('a bounded message', () => {
  it('joins the texts that fit', () => {
    expect(boundedMessage(['a failed', 'b failed'])).toBe('a failed; b failed');
    expect(boundedMessage([])).toBe('');
  });

  it('counts the texts that do not fit', () => {
    const texts = Array.from({ length: 100 }, (_, index) => `module ${index} `.padEnd(100, '.'));
    const text = boundedMessage(texts);
    expect(text.length).toBeLessThan(2_050);
    expect(text).toMatch(/; and 81 more$/);
    expect(boundedText(texts.join('; '))).toBe(text);
  });

  it('cuts a single text that is too long', () => {
    expect(boundedMessage(['x'.repeat(5_000), 'y'])).toMatch(/^x{1999}…; and 1 more$/);
    expect(boundedText('x'.repeat(5_000))).toMatch(/^x{1999}…$/);
  });

  it('never ends in half a surrogate pair', () => {
    expect(boundedText('🤖'.repeat(1_500))).toBe(`${'🤖'.repeat(999)}…`);
  });
});

describe('the messages of a status', () => {
  const long = 'x'.repeat(40_000);

  it('are bounded at any depth', () => {
    const status = {
      conditions: [{ type: 'Ready', message: long }],
      targets: [{ module: 'a', lastBackup: { message: long } }],
      selector: long,
    };
    const { conditions, targets, selector } = withBoundedMessages(status);
    expect([conditions[0]?.message.length, targets[0]?.lastBackup.message.length, selector.length]).toEqual([2_000, 2_000, 40_000]);
    expect(conditions[0]?.type).toBe('Ready');
  });

  it('are unchanged if none is too long', () => {
    const status = { conditions: [{ type: 'Ready', message: 'fine' }], replicas: 1, lastBackup: undefined };
    expect(withBoundedMessages(status)).toBe(status);
  });
});
