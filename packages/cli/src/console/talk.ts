import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Session } from './session.ts';
import type { TerminalScreen } from './screen.ts';

/** Reads a conversation from a script: each line is answered before the next one is said. Ends at its end, or at `/quit`. */
export async function playScript(session: Session, input: Readable): Promise<void> {
  let isFirst = true;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
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
