import { Argument, type Command } from 'commander';
import { type Shell, SHELLS, completionScript } from './completion.ts';
import { examplesHelp } from './run-program.ts';

/** Adds `completion SHELL`, which prints a completion script for the commands that the program has by then. */
export function addCompletionCommand(program: Command, bin: string): void {
  program
    .command('completion')
    .summary('print a completion script for your shell')
    .description(`Prints a script that completes the commands and options of ${bin}.`)
    .addArgument(new Argument('<shell>', 'shell that runs the script').choices(SHELLS))
    .addHelpText(
      'after',
      examplesHelp([
        `eval "$(${bin} completion bash)"      # in ~/.bashrc`,
        `eval "$(${bin} completion zsh)"       # in ~/.zshrc, after compinit`,
        `${bin} completion fish | source       # in ~/.config/fish/config.fish`,
      ]),
    )
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, bin, program));
    });
}
