import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord } from './shell-word.ts';

describe('a path in a command to copy', () => {
  it.each(['my-bot', 'bots/my-bot', '../größe', '.'])('%s stays as it is', (path) => {
    expect(shellWord(path)).toBe(path);
  });

  it.each(['a folder/bot', "it's/bot", '$(date)/bot', '`date`/bot', 'a"b/bot', "$x'y/bot", 'a;b', 'a&b', '~/bot', '*/bot', 'a!b'])(
    '%s is one word, and not evaluated',
    (path) => {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(path)}`], { encoding: 'utf8' })).toBe(path);
    },
  );

  it('with a hyphen first is not an option', () => {
    expect(shellWord('-x/bot')).toBe('"./-x/bot"');
  });
});
