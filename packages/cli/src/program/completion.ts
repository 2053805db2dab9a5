import type { Command, Option } from 'commander';

/** Shells that completion scripts exist for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

interface CompletedOption {
  readonly flags: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
}

interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Values of its argument; none if it is a file or folder. */
  readonly values: readonly string[];
}

const completedOption = ({ short, long, description, required, optional }: Option): CompletedOption => ({
  flags: [short, long].filter((flag) => flag !== undefined),
  summary: description,
  takesValue: required || optional,
});

const HELP: CompletedOption = { flags: ['--help'], summary: 'display help', takesValue: false };

const completedCommands = (program: Command): readonly CompletedCommand[] =>
  program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    options: [...command.options.map(completedOption), HELP],
    values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  }));

/** A text in single quotes, as all three shells take it. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const flagsOf = (options: readonly CompletedOption[]): string => options.flatMap(({ flags }) => flags).join(' ');

/** Without a word, bash completes files: the value of an option, and an argument that has no values of its own. */
function bash(bin: string, commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name);
  const cases = commands.map(({ name, options, values }) => {
    const valued = flagsOf(options.filter(({ takesValue }) => takesValue));
    return `    ${name}) flags=${quoted(flagsOf(options))} valued=${quoted(valued)} words=${quoted(values.join(' '))} ;;`;
  });
  const fn = `_${bin.replaceAll('-', '_')}`;
  return `${fn}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' word
  local flags='--help --version' valued='' words=${quoted(names.join(' '))}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${names.join('|')}) command="$word"; break ;; esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  case " $valued " in *" $previous "*) COMPREPLY=(); return ;; esac
  case "$current" in -*) words="$flags" ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F ${fn} ${bin}
`;
}

/** Colons and brackets separate parts of a specification in zsh. */
const zshText = (text: string): string => text.replaceAll(/[:[\]]/g, String.raw`\$&`);

/** An option with a value may be given again. */
function zsh(bin: string, commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, summary }) => `    ${quoted(`${name}:${zshText(summary)}`)}`).join('\n');
  const cases = commands.map(({ name, options, values }) => {
    const specs = options.flatMap(({ flags, summary, takesValue }) => {
      const [before, after] = takesValue ? ['*', ':value:_files'] : ['', ''];
      return flags.map((flag) => quoted(`${before}${flag}[${zshText(summary)}]${after}`));
    });
    const argument = values.length > 0 ? `'*:value:(${values.join(' ')})'` : "'*:file:_files'";
    return `    ${name}) _arguments ${[...specs, argument].join(' ')} ;;`;
  });
  const fn = `_${bin.replaceAll('-', '_')}`;
  return `#compdef ${bin}
${fn}() {
  local -a commands=(
${described}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
compdef ${fn} ${bin}
`;
}

function fish(bin: string, commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, summary, options, values }) => {
    const inCommand = `complete -c ${bin} -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c ${bin} -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...options.map(({ flags, summary: about, takesValue }) => {
        const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
        return `${inCommand} ${names}${takesValue ? ' -r' : ''} -d ${quoted(about)}`;
      }),
      ...(values.length > 0 ? [`${inCommand} -f -a ${quoted(values.join(' '))}`] : []),
    ];
  });
  return `${lines.join('\n')}\n`;
}

const SCRIPTS: Readonly<Record<Shell, (bin: string, commands: readonly CompletedCommand[]) => string>> = { bash, zsh, fish };

/**
 * A script that completes the commands and options of a program.
 *
 * @param bin name of the executable.
 * @example
 * completionScript('bash', 'eevee', program); // '_eevee() { … } complete -o default -F _eevee eevee'
 */
export const completionScript = (shell: Shell, bin: string, program: Command): string => SCRIPTS[shell](bin, completedCommands(program));
