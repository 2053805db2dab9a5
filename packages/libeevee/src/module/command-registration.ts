import type { CommandRegistrationOptions } from '../chat/commands.ts';
import type { HelpEntry } from '../chat/help.ts';
import { type RateLimitConfig, defaultRateLimit } from '../chat/rate-limit.ts';
import { ignoringCase } from '../regex/ignoring-case.ts';
import { helpParams } from './arguments/usage.ts';
import { commandName, nameRegex, regexWithAliases } from './command-aliases.ts';
import { type AnyCommandDefinition, type RegisteredCommandDefinition, isGroup } from './command-definition.ts';
import { derivedUuid } from './derived-uuid.ts';

/** Fields of a command from which its identity is derived. */
type NamedCommand = Pick<RegisteredCommandDefinition, 'commandUUID' | 'commandDisplayName'>;

/** Fields of a command that decide how it is called. */
type CalledCommandDefinition = Pick<RegisteredCommandDefinition, 'commandDisplayName' | 'regex' | 'ignoreCase' | 'help'>;

/**
 * Identity of a module's command on the bus.
 *
 * @example
 * commandUuidOf('echo', { commandDisplayName: 'echo' }); // '…', equal in all replicas
 */
export const commandUuidOf = (module: string, { commandUUID, commandDisplayName }: NamedCommand): string =>
  commandUUID ?? derivedUuid(`eevee command\0${module}\0${commandDisplayName}`);

/** The regex by which the router recognises a command and its aliases. @throws CaseSensitiveRegexError */
export function registeredRegex(command: CalledCommandDefinition): string {
  const regex = regexWithAliases({ ...command, regex: command.regex ?? nameRegex(command) });
  return command.ignoreCase === true ? ignoringCase(regex) : regex;
}

/** Registration of a module's command with the router under a configuration. */
export function commandRegistrationOf<Config>(
  module: string,
  command: RegisteredCommandDefinition<Config>,
  config: Config,
): CommandRegistrationOptions {
  const { ratelimit } = command;
  return {
    ...command,
    commandUUID: commandUuidOf(module, command),
    regex: registeredRegex(command),
    // Validated together with the configuration that contains it.
    ratelimit: (typeof ratelimit === 'function' ? (ratelimit(config) as RateLimitConfig) : ratelimit) ?? defaultRateLimit,
  };
}

/** Help entries of a command and of its subcommands: none of those without help. */
export function helpEntriesOf<Config>(command: AnyCommandDefinition<Config>): HelpEntry[] {
  const { help } = command;
  const name = commandName(command);
  if (!isGroup(command)) return help === undefined ? [] : [{ ...help, command: name, params: helpParams(command.args, help.params) }];
  const below = command.subcommands.flatMap(({ name: word, help: own, args }) => {
    if (own === undefined) return [];
    const aliases = own.aliases?.map((alias) => `${name} ${alias}`);
    return [{ ...own, ...(aliases && { aliases }), command: `${name} ${word}`, params: helpParams(args, own.params) }];
  });
  const words = command.subcommands.map(({ name: word }) => word).join('|');
  const params = [{ param: words, required: true, descr: '' }];
  return help === undefined ? below : [{ ...help, command: name, params }, ...below];
}
