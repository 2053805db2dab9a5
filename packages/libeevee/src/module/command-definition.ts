import type { CommandRegistrationOptions } from '../chat/commands.ts';
import type { HelpEntry } from '../chat/help.ts';
import type { RateLimitConfig } from '../chat/rate-limit.ts';
import type { ArgumentsDeclaration, ParsedArguments } from './arguments/types.ts';
import type { CommandContext } from './contexts.ts';
import type { Middleware } from './middleware.ts';
import type { AllowDeclaration } from './permissions/types.ts';

/** A rate limit in a configuration: TypeScript widens `mode: 'drop'` in the defaults to `string`. */
export type ConfiguredRateLimit = Omit<RateLimitConfig, 'mode' | 'level'> & { mode: string; level: string };

/** Settings of a command and of a subcommand. */
export interface CallSettings<Config = unknown, State = unknown> {
  /** Users who may call it. Default: all; for a subcommand, those who may call its command. */
  allow?: AllowDeclaration<Config>;
  /** Middleware, which runs once the user is known to be allowed and the arguments are read. */
  use?: readonly Middleware<CommandContext<NoInfer<Config>, NoInfer<State>>>[];
  /** Time limit of one call, in milliseconds. Default: that of the command, then of the module. */
  timeoutMs?: number;
  /** Answers for a `run` that threw or rejected. Default: that of the command, then of the module. */
  onError?(ctx: CommandContext<Config, State>, error: unknown): unknown;
  /** Answers for a `run` that timed out. Default: that of the command, then of the module. */
  onTimeout?(ctx: CommandContext<Config, State>): unknown;
}

/** A command as the router knows it, and its help. */
export interface RegisteredCommandDefinition<Config = unknown, State = unknown>
  extends Omit<CommandRegistrationOptions, 'commandUUID' | 'regex' | 'ratelimit'>, CallSettings<Config, State> {
  /** Identity of the command. Default: derived from the names of the module and the command, equal in all replicas and releases. */
  commandUUID?: string;
  /** Matches the command at the start of a message, after the prefix. Default: its name, followed by blanks or the end. */
  regex?: string;
  /** Whether the regex, and with it the name, the aliases and the subcommands, match in any case. Default `false`. */
  ignoreCase?: boolean;
  /**
   * A limit, or a function that reads it from the configuration, where its strings may have any type: they are validated with the
   * configuration. Default `defaultRateLimit`.
   */
  ratelimit?: RateLimitConfig | ((config: Config) => ConfiguredRateLimit);
  /** Help entry. Its command defaults to `commandDisplayName`; its parameters are those of `args`, if that is a list. */
  help?: Pick<HelpEntry, 'descr'> & Partial<HelpEntry>;
}

/** A command: how the router recognises it, its help, and its handler. */
export interface CommandDefinition<Config = unknown, State = unknown, Args = unknown> extends RegisteredCommandDefinition<Config, State> {
  /**
   * Arguments, which the handler gets as `ctx.args`, typed. A call that they do not fit is answered with how to call the command.
   *
   * @example
   * args: [{ name: 'when', type: 'duration' }, { name: 'text', type: 'rest' }],
   * run: ({ args, reply }) => reply(`I will say "${args.text}" in ${args.when} ms`),
   */
  args?: Args & ArgumentsDeclaration;
  /** Handles one call. Errors are logged and counted, and stop nothing. */
  run(ctx: CommandContext<Config, State, ParsedArguments<Args>>): unknown;
}

/** A command below another, as `me` in `!remind me 1h tea`. The `text` of its calls is what follows its name. */
export interface SubcommandDefinition<Config = unknown, State = unknown, Args = unknown> extends CallSettings<Config, State> {
  /** The word that calls it. */
  name: string;
  /** Help entry; its aliases call the subcommand too. */
  help?: Pick<HelpEntry, 'descr'> & Partial<Omit<HelpEntry, 'command'>>;
  /** As those of a {@link CommandDefinition}. */
  args?: Args & ArgumentsDeclaration;
  /** Handles one call. Errors are logged and counted, and stop nothing. */
  run(ctx: CommandContext<Config, State, ParsedArguments<Args>>): unknown;
}

/** A command that consists of subcommands. A call without one of them is answered with how to call each. */
export interface CommandGroupDefinition<Config = unknown, State = unknown, Args = readonly unknown[]> extends RegisteredCommandDefinition<
  Config,
  State
> {
  subcommands: { readonly [Index in keyof Args]: SubcommandDefinition<Config, State, Args[Index]> };
}

/** A command with or without subcommands. */
export type AnyCommandDefinition<Config = unknown, State = unknown> =
  | CommandDefinition<Config, State>
  | CommandGroupDefinition<Config, State>;

/** A command from which the types of its arguments are inferred, or those of its subcommands' arguments. */
export type InferredCommandDefinition<Config, State, Args> =
  | CommandDefinition<Config, State, Args>
  | CommandGroupDefinition<Config, State, Args>;

/** Whether a command consists of subcommands. */
export const isGroup = <Config>(command: AnyCommandDefinition<Config>): command is CommandGroupDefinition<Config> =>
  'subcommands' in command && command.subcommands !== undefined;
