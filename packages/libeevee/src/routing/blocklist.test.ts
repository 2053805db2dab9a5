import { expect, it } from 'vitest';
import { readBlocklist } from './blocklist.ts';
import { Patterns } from './pattern.ts';
import { readCommand } from './registrations.ts';

it('names the problem of an entry and keeps the others', () => {
  const { entries, problems } = readBlocklist([
    { pattern: '(' },
    { pattern: 'ok', description: 'fine' },
    'no entry',
    {},
    { pattern: 'x', channel: '[', description: 'broken' },
    { pattern: 'x', enabled: 'yes' },
    { pattern: '(', enabled: false },
    { pattern: '.*', nik: '^otherbot$' },
  ]);
  expect(entries.map(({ name }) => name)).toEqual(['blocklist[1] (fine)']);
  expect(problems).toEqual([
    expect.stringMatching(/^blocklist\[0\]: pattern /),
    'blocklist[2] is not a mapping',
    'blocklist[3]: pattern is missing',
    expect.stringMatching(/^blocklist\[4\] \(broken\): channel /),
    'blocklist[5]: enabled must be true or false',
    // Without the scope that was meant, it would block everything.
    expect.stringMatching(/^blocklist\[7\]: nik is not a field of an entry \(pattern, .*nick\)$/),
  ]);
  expect([readBlocklist(undefined), readBlocklist(null)]).toEqual(Array.from({ length: 2 }, () => ({ entries: [], problems: [] })));
  expect(readBlocklist('x').problems).toEqual(['blocklist is not a list']);
});

it.each([
  ['(?i)secret-words', 'Invalid regular expression: Invalid group'],
  ['[secret-words', 'Invalid regular expression: Unterminated character class'],
])('gives the reason once, without the expression: %s', (pattern, reason) => {
  expect(readBlocklist([{ pattern }]).problems).toEqual([`blocklist[0]: pattern ${reason}`]);
  expect(readCommand({ commandUUID: 'c-1', regex: pattern }, new Patterns())).toMatchObject({ problems: [`regex: ${reason}`] });
});
