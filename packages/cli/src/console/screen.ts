import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { Writable } from 'node:stream';

/** Output of the conversation and of other information for the user. */
export interface Screen {
  readonly isColoured: boolean;
  /** Shows a line of the conversation. */
  show(line: string): void;
  /** Shows a line that is not part of the conversation, such as a line of a module's log. */
  note(line: string): void;
  /** Shows that a line could not be executed. */
  complain(message: string): void;
  /** Changes the text before the cursor. */
  prompt(text: string): void;
}

/**
 * A script: the conversation goes to standard output and everything else to standard error, so that the conversation can be compared with
 * an expected one.
 */
export class ScriptScreen implements Screen {
  readonly isColoured = false;
  /** Number of lines that could not be executed. */
  complaints = 0;
  readonly #output: Writable;
  readonly #errors: Writable;

  constructor(output: Writable, errors: Writable) {
    this.#output = output;
    this.#errors = errors;
  }

  show(line: string): void {
    this.#output.write(`${line}\n`);
  }

  note(line: string): void {
    this.#errors.write(`${line}\n`);
  }

  complain(message: string): void {
    this.complaints++;
    this.note(message);
  }

  prompt(): void {}
}

/** The part of a readline interface that is used. */
interface Line {
  setPrompt(text: string): void;
  prompt(preserveCursor?: boolean): void;
  /** Position of the cursor relative to the first character of the prompt. */
  getCursorPos(): { readonly rows: number };
}

/** A terminal: lines appear above the one that the user is typing. */
export class TerminalScreen implements Screen {
  readonly isColoured: boolean;
  readonly #output: NodeJS.WriteStream;
  #line: Line | undefined;

  constructor(output: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env) {
    this.#output = output;
    this.isColoured = (env['NO_COLOR'] ?? '') === '';
  }

  /** Shows the prompt of `line` from now on; `undefined` shows none. */
  use(line: Line | undefined): void {
    this.#line = line;
  }

  show(line: string): void {
    // The line that is being typed may take several rows.
    const rows = this.#line?.getCursorPos().rows ?? 0;
    moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    // The prompt is written as many rows higher as the cursor was below it.
    this.#output.write(`${line}\n${'\n'.repeat(rows)}`);
    this.#line?.prompt(true);
  }

  note(line: string): void {
    this.show(this.isColoured ? `\u001b[2m${line}\u001b[22m` : line);
  }

  complain(message: string): void {
    this.show(this.isColoured ? `\u001b[33m${message}\u001b[39m` : message);
  }

  prompt(text: string): void {
    this.#line?.setPrompt(text);
  }
}
