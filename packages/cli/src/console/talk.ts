import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { CliError, EXIT } from '../cli-error.ts';
import type { Session } from './session.ts';
import type { TerminalScreen } from './screen.ts';

/** Whether a line is from a file in UTF-16, as PowerShell writes it: its byte order mark is not valid UTF-8, and every other byte is 0. */
const isUtf16 = (line: string): boolean => line.startsWith('\uFFFD\uFFFD') && line.includes('\0');

/**
 * Reads a conversation from a script: each line is answered before the next one is said. Ends at its end, or at `/quit`.
 *
 * @throws CliError when the script is not UTF-8 but UTF-16.
 */
export async function playScript(session: Pick<Session, 'take'>, input: Readable): Promise<void> {
  let isFirst = true;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (isFirst && isUtf16(line)) throw new CliError('the script is in UTF-16: save it in UTF-8', EXIT.usage);
    // Editors on Windows begin a file with this mark.
    if (!(await session.take(isFirst ? line.replace(/^\uFEFF/, '') : line))) return;
    isFirst = false;
  }
}

/** Talks to the user at a terminal until Ctrl-D, Ctrl-C or `/quit`. */
export async function talkAtTerminal(session: Session, screen: TerminalScreen): Promise<void> {
  const { stdin: input, stdout: output } = process;
  const line = createInterface({ input, output, prompt: session.prompt, historySize: 500, removeHistoryDuplicates: true });
  screen.use(line);
  const end = Promise.withResolvers<void>();
  // One after the other, in the order in which they were typed.
  let turn: Promise<unknown> = Promise.resolve();
  line.on('line', (text) => {
    turn = turn
      .then(() => session.take(text))
      .then((goesOn) => {
        if (goesOn) line.prompt();
        else line.close();
      });
    turn.catch(end.reject);
  });
  // Without a handler, readline would only pause at Ctrl-C.
  line.on('SIGINT', () => line.close());
  line.on('close', () => end.resolve());
  line.prompt();
  try {
    await end.promise;
  } finally {
    screen.use(undefined);
    line.close();
    output.write('\n');
  }
}
