import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { playScript } from './talk.ts';

async function linesOf(bytes: Buffer): Promise<string[]> {
  const lines: string[] = [];
  const take = (line: string): Promise<boolean> => Promise.resolve(lines.push(line) > 0);
  await playScript({ take }, Readable.from([bytes]));
  return lines;
}

const SCRIPT = '!echo wört\r\n!help\r\n';

it.each([
  ['with its mark', Buffer.from(`\uFEFF${SCRIPT}`)],
  ['without it', Buffer.from(SCRIPT)],
])('a script in UTF-8 %s is read', async (_, bytes) => {
  expect(await linesOf(bytes)).toEqual(['!echo wört', '!help']);
});

it.each([
  ['little', Buffer.from(`\uFEFF${SCRIPT}`, 'utf16le')],
  ['big', Buffer.from(`\uFEFF${SCRIPT}`, 'utf16le').swap16()],
])('a script in UTF-16, %s end first, is refused with the fix', async (_, bytes) => {
  await expect(linesOf(bytes)).rejects.toThrow('the script is in UTF-16: save it in UTF-8');
});
