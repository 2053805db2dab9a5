import type { StandardSchema } from '../fields/standard-schema.ts';

interface NamedArgument {
  /** Name in `ctx.args`, in the usage line and in help. */
  readonly name: string;
  /** Meaning of the argument, for help. */
  readonly description?: string;
  /** Whether a call must give it. Default `true`, unless there is a `default`. */
  readonly required?: boolean;
}

/** A word, or several in quotes. */
export interface StringArgument extends NamedArgument {
  readonly type: 'string';
  /** In characters. */
  readonly minLength?: number;
  /** In characters. */
  readonly maxLength?: number;
  /** Value if the call does not give it. */
  readonly default?: string;
}

/** The rest of the text as typed, including quotes. */
export interface RestArgument extends Omit<StringArgument, 'type'> {
  readonly type: 'rest';
}

/** A number; an `integer` is a whole one. */
export interface NumberArgument extends NamedArgument {
  readonly type: 'integer' | 'number';
  readonly min?: number;
  readonly max?: number;
  /** Value if the call does not give it. */
  readonly default?: number;
}

/** A duration such as `90s`, `1h30m` or `2d`; the handler gets milliseconds. */
export interface DurationArgument extends NamedArgument {
  readonly type: 'duration';
  /** Milliseconds, or a text such as `1m`. */
  readonly min?: number | string;
  /** Milliseconds, or a text such as `1w`. */
  readonly max?: number | string;
  /** Value if the call does not give it: milliseconds, or a text such as `1h`. */
  readonly default?: number | string;
}

/** The nick of a user, at most 128 characters; a leading `@`, and a colon or comma after it, are removed. */
export interface NickArgument extends NamedArgument {
  readonly type: 'nick';
  /** Value if the call does not give it. */
  readonly default?: string;
}

/** One of several words, in any case; the handler gets it as it is declared. */
export interface ChoiceArgument extends NamedArgument {
  readonly type: 'choice';
  readonly choices: readonly string[];
  /** Value if the call does not give it. */
  readonly default?: string;
}

/** One argument of a command. */
export type ArgumentDefinition = StringArgument | RestArgument | NumberArgument | DurationArgument | NickArgument | ChoiceArgument;

/**
 * Arguments of a command: a list, or a schema of any library that implements Standard Schema v1, which gets the list of words in the text
 * of the call.
 */
export type ArgumentsDeclaration = readonly ArgumentDefinition[] | StandardSchema<unknown>;

type ArgumentValue<Argument> = Argument extends { readonly type: 'integer' | 'number' | 'duration' }
  ? number
  : Argument extends { readonly type: 'choice'; readonly choices: readonly (infer Choice)[] }
    ? Choice
    : string;

/** An optional argument without a default may be missing. */
type Missing<Argument> = Argument extends { readonly default: unknown }
  ? never
  : Argument extends { readonly required: false }
    ? undefined
    : never;

/** The type of `ctx.args` that a declaration of arguments makes: `undefined` for a command that declares none. */
export type ParsedArguments<Declaration> = unknown extends Declaration
  ? undefined
  : Declaration extends StandardSchema<infer Output>
    ? Output
    : Declaration extends readonly ArgumentDefinition[]
      ? { readonly [Argument in Declaration[number] as Argument['name']]: ArgumentValue<Argument> | Missing<Argument> }
      : undefined;
