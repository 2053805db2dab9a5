import { PassThrough, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { TerminalScreen } from './screen.ts';

/** An escape sequence, or one character. */
const PART = new RegExp(String.raw`\u001b\[(\d*)([A-Za-z])|[^]`, 'g');

/** Rows that a terminal shows after it has received `bytes`. */
function rowsOf(bytes: string, columns: number): string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  const at = (index: number): string[] => (rows[index] ??= []);
  for (const [part, count, command] of bytes.matchAll(PART)) {
    if (command === 'A') row -= Number(count);
    else if (command === 'G') column = Number(count) - 1;
    else if (command === 'C') column += Number(count);
    else if (command === 'K') at(row).fill(' ');
    else if (command === 'J') {
      rows.splice(row + 1);
      at(row).splice(column);
    } else if (part === '\r') column = 0;
    else if (part === '\n') [row, column] = [row + 1, 0];
    else if (command === undefined) {
      if (column === columns) [row, column] = [row + 1, 0];
      at(row)[column++] = part;
    }
  }
  return rows.map((each) => each.join('').trimEnd());
}

it.each([10, 14, 80])('a line appears above one that is being typed, on a terminal of %i columns', (columns) => {
  let bytes = '';
  const terminal = new Writable({ write: (chunk: Buffer, _encoding, done) => done(void (bytes += chunk.toString())) });
  const output = Object.assign(terminal, { columns, isTTY: true }) as unknown as NodeJS.WriteStream;
  const line = createInterface({ input: new PassThrough(), output, prompt: 'tester #test> ', terminal: true });
  const screen = new TerminalScreen(output, { NO_COLOR: '1' });
  screen.use(line);
  line.prompt();
  line.write('a long text');
  screen.show('<eevee> 1');
  screen.show('<eevee> 2');
  line.close();
  const typed = 'tester #test> a long text'.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  const shown = rowsOf(bytes, columns);
  expect(shown.slice(0, 2 + typed.length)).toEqual(['<eevee> 1', '<eevee> 2', ...typed.map((row) => row.trimEnd())]);
});
