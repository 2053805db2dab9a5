import { UserError } from '../errors.ts';
import { usageLine, usageOf } from './arguments/usage.ts';
import { type CallHandler, withArguments } from './with-arguments.ts';
import { commandName } from './command-aliases.ts';
import {
  type AnyCommandDefinition,
  type CallSettings,
  type CommandDefinition,
  type CommandGroupDefinition,
  type SubcommandDefinition,
  isGroup,
} from './command-definition.ts';
import type { CommandContext } from './contexts.ts';
import { type HandlerDefaults, type MessageHandler, handling } from './handlers.ts';
import { MessageScope } from './message-scope.ts';
import { withMiddleware } from './middleware.ts';
import type { ChannelAdmins } from './permissions/channel-admins.ts';
import { withPermission } from './with-permission.ts';
import { type Delivery, delivery } from './said-message.ts';

/** Settings of a module for its commands. */
export interface CommandDefaults<Config> extends HandlerDefaults<Config> {
  readonly admins: ChannelAdmins;
}

/** Settings of a call, and its name in usage lines, refusals and metrics. */
interface Call<Config> {
  readonly name: string;
  /** Name in metrics and logs. */
  readonly displayName: string;
  readonly settings: CallSettings<Config>;
}

/** The handler of calls that may be made by some users: `run` with what surrounds it. */
function guardedHandler<Config>(call: Call<Config>, run: CallHandler<Config>, defaults: CommandDefaults<Config>): MessageHandler<Config> {
  const { name, displayName, settings } = call;
  const { admins } = defaults;
  const guarded = settings.allow === undefined ? run : withPermission({ name, allow: settings.allow, admins }, run);
  const info = { kind: 'command', name: displayName } as const;
  return {
    ...handling<Config, MessageScope<Config>>(settings, defaults),
    ...info,
    run: withMiddleware<MessageScope<Config>>(defaults.module.use, guarded),
    read: delivery,
    scope: (delivered, module) => new MessageScope(delivered, module, info),
  };
}

/** A `run` with middleware around it, and the arguments read before. */
function callHandler<Config>(
  name: string,
  command: CommandDefinition<Config> | SubcommandDefinition<Config>,
  use: CallSettings<Config>['use'],
): CallHandler<Config> {
  const { args, help } = command;
  // The arguments have the type that the command declares.
  const run: CallHandler<Config> = (scope) => command.run(scope as CommandContext<Config, unknown, undefined>);
  const surrounded = withMiddleware<MessageScope<Config>>(use, run);
  return args === undefined ? surrounded : withArguments({ name, args, params: help?.params }, surrounded);
}

/** The names of a subcommand, and its handler. */
type NamedHandler<Config> = readonly [name: string, handler: MessageHandler<Config>];

function subcommandHandlers<Config>(group: CommandGroupDefinition<Config>, defaults: CommandDefaults<Config>): NamedHandler<Config>[] {
  const { subcommands, ...inherited } = group;
  return subcommands.flatMap((subcommand) => {
    const name = `${commandName(group)} ${subcommand.name}`;
    const settings: CallSettings<Config> = { ...inherited, ...subcommand };
    const run = callHandler(name, subcommand, [...(group.use ?? []), ...(subcommand.use ?? [])]);
    const handler = guardedHandler({ name, displayName: `${group.commandDisplayName} ${subcommand.name}`, settings }, run, defaults);
    return [subcommand.name, ...(subcommand.help?.aliases ?? [])].map((word): NamedHandler<Config> => [word, handler]);
  });
}

const FIRST_WORD = /^(\S*)\s*([^]*)$/;

/** The handler of a command with subcommands: it chooses one, or answers with how to call each. */
function groupHandler<Config>(group: CommandGroupDefinition<Config>, defaults: CommandDefaults<Config>): MessageHandler<Config> {
  const key = (word: string): string => (group.ignoreCase === true ? word.toLowerCase() : word);
  const handlers = new Map(subcommandHandlers(group, defaults).map(([word, handler]) => [key(word), handler]));
  const name = commandName(group);
  const usage = group.subcommands.map((each) => usageOf(`${name} ${each.name}`, each.args, each.help?.params)).join(' | ');
  const misused: CallHandler<Config> = (scope) => {
    const [, word = ''] = FIRST_WORD.exec(scope.text) ?? [];
    throw new UserError(usageLine(scope, usage, word === '' ? 'the subcommand is missing' : 'there is no such subcommand'));
  };
  return {
    ...guardedHandler({ name, displayName: group.commandDisplayName, settings: group }, misused, defaults),
    choose: (delivered: Delivery) => {
      const [, word = '', text = ''] = FIRST_WORD.exec(delivered.text) ?? [];
      const handler = handlers.get(key(word));
      return handler && { handler, delivered: { ...delivered, text } };
    },
  };
}

/** The handler of a command. */
export function commandHandler<Config>(command: AnyCommandDefinition<Config>, defaults: CommandDefaults<Config>): MessageHandler<Config> {
  if (isGroup(command)) return groupHandler(command, defaults);
  const name = commandName(command);
  const call: Call<Config> = { name, displayName: command.commandDisplayName, settings: command };
  return guardedHandler(call, callHandler(name, command, command.use), defaults);
}
