import type { CommandRegistrationOptions } from '../chat/commands.ts';
import { log } from '../log/log.ts';

/** `\b` next to a character that is not a word character in JavaScript, such as `é`: between `é` and a space there is no boundary. */
const BESIDE_OTHERS = /[^\p{ASCII}]\\b|(?<!\\)\\b[^\p{ASCII}]/u;

/**
 * Warns of commands that users cannot call as the author expects: nothing else shows that `^café\b` does not match `café`.
 *
 * @example
 * warnOfWordBoundaries('menu', [{ commandDisplayName: 'café', regex: String.raw`^café\b` }]);
 */
export function warnOfWordBoundaries(
  module: string,
  commands: readonly Pick<CommandRegistrationOptions, 'commandDisplayName' | 'regex'>[],
): void {
  for (const { commandDisplayName: command, regex } of commands) {
    if (!BESIDE_OTHERS.test(regex)) continue;
    const hint = String.raw`\b knows only the letters a to z: write (?:\s+|$) after a word, and ^ or (?:^|\s) before one`;
    log.warn('a command is not called as a whole word', { producer: module, command, regex, hint });
  }
}
