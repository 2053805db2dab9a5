import type { HelpEntry } from '../chat/help.ts';
import { UserError } from '../errors.ts';
import type { MessageScope } from './message-scope.ts';
import { type StandardIssue, type StandardSchema, isStandardSchema } from './fields/standard-schema.ts';
import { parsedCall } from './arguments/parse.ts';
import type { ArgumentsDeclaration } from './arguments/types.ts';
import { usageLine, usageOf } from './arguments/usage.ts';
import { wordsOf } from './arguments/words.ts';

/** A handler of calls. */
export type CallHandler<Config> = (scope: MessageScope<Config>) => unknown;

/** A command, as its arguments see it. */
export interface CommandWithArguments {
  /** Name of the command in usage lines. */
  readonly name: string;
  readonly args: ArgumentsDeclaration;
  /** Parameters of its help, for a schema. */
  readonly params: readonly HelpEntry['params'][number][] | undefined;
}

/** The first issue of a schema, with the name of the argument. */
function issueOf([issue]: readonly StandardIssue[], params: CommandWithArguments['params']): string {
  const [segment] = issue?.path ?? [];
  const key = typeof segment === 'object' ? segment.key : segment;
  const name = typeof key === 'number' ? (params?.[key]?.param ?? `argument ${key + 1}`) : undefined;
  return `${name === undefined ? '' : `${name}: `}${issue?.message ?? 'is not valid'}`;
}

/**
 * A handler that gets the arguments of its call. A call that they do not fit ends with a `UserError` that says how to call the command.
 */
export function withArguments<Config>({ name, args, params }: CommandWithArguments, run: CallHandler<Config>): CallHandler<Config> {
  const usage = usageOf(name, args, params);
  const misfit = (scope: MessageScope<Config>, problem: string): UserError => new UserError(usageLine(scope, usage, problem));
  if (isStandardSchema(args)) return withSchema(args, run, (scope, issues) => misfit(scope, issueOf(issues, params)));
  return (scope) => {
    const parsed = parsedCall(scope.text, args);
    if ('problem' in parsed) throw misfit(scope, parsed.problem);
    scope.args = parsed.args;
    return run(scope);
  };
}

function withSchema<Config>(
  schema: StandardSchema<unknown>,
  run: CallHandler<Config>,
  misfit: (scope: MessageScope<Config>, issues: readonly StandardIssue[]) => UserError,
): CallHandler<Config> {
  return async (scope) => {
    const result = await schema['~standard'].validate(wordsOf(scope.text).map(({ text }) => text));
    if (result.issues !== undefined) throw misfit(scope, result.issues);
    scope.args = result.value;
    return run(scope);
  };
}
