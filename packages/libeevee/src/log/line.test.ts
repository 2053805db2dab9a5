import { describe, expect, it } from 'vitest';
import { readableLine } from './line.ts';

const line = (fields: object): string => JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.678Z', ...fields });

describe('readableLine', () => {
  it('contains time, level, producer, message and fields', () => {
    expect(
      readableLine(line({ msg: 'answered', producer: 'echo', channel: '#eevee', took: 3, why: 'two words' }), { coloured: false }),
    ).toBe('03:04:05.678 INFO  [echo] answered channel=#eevee took=3 why="two words"\n');
  });

  it('shows nested values and stacks', () => {
    expect(readableLine(line({ msg: 'm', list: [1, { a: 2 }] }), { coloured: false })).toContain(' list=[ 1, { a: 2 } ]');
    expect(readableLine(line({ msg: 'm', error: { stack: 'Error: x\n at y' } }), { coloured: false })).toContain(
      '\n    Error: x\n     at y\n',
    );
  });

  it('shows the causes of an error', () => {
    const error = { stack: 'Error: x\n at y', cause: { stack: 'Error: why\n at z', cause: 'root' }, errors: [{ stack: 'Error: one' }] };
    const written = readableLine(line({ msg: 'm', error }), { coloured: false });
    for (const text of ['Error: x', 'caused by\n    Error: why', 'caused by root', 'Error: one']) expect(written).toContain(text);
  });

  it('colours the level on a terminal', () => {
    expect(readableLine(line({ level: 'error', msg: 'm' }), { coloured: true })).toContain('\u001b[31mERROR\u001b[39m m');
  });

  it('escapes terminal control characters', () => {
    const text = '\u001b]0;title\u0007\u009b31m';
    const written = readableLine(
      line({ msg: `a${text}\nb`, producer: text, bare: text, two: `x ${text}`, error: { stack: `Error: ${text}\n    at x` } }),
      {
        coloured: false,
      },
    );
    expect(written.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(written).toContain('a\\x1b]0;title\\x07\\x9b31m\\x0ab');
    expect(written.split('\n')).toHaveLength(4);
  });
});
