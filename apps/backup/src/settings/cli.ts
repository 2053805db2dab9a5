/**
 * Settings: `settings.ts` declares variables and options, this file parses the command line into an environment, and `config.ts` validates
 * the environment.
 */
import { Command, CommanderError } from 'commander';
import { BACKUP_ENV } from '@eeveebot/contract';
import packageJson from '../../package.json' with { type: 'json' };
import type { CommandName } from './config.ts';
import { BackupError } from '../errors.ts';
import {
  BACKUP_ID_SETTING,
  BACKUP_SETTINGS,
  LOG_SETTINGS,
  OWNER_SETTINGS,
  PATH_SETTING,
  RESTORE_OWNER_SETTINGS,
  RESTORE_SETTINGS,
  RETENTION_SETTINGS,
  STORE_SETTINGS,
  VERIFICATION_SETTINGS,
  type Setting,
} from './settings.ts';

/** The parsed command line. */
export type Invocation =
  /** Help or version to print. */
  | { readonly print: string }
  | {
      readonly command: CommandName;
      /** The environment, with variables overridden by options. */
      readonly environment: Readonly<Record<string, string | undefined>>;
      readonly dryRun: boolean;
      /** Whether the command applies to all backups. */
      readonly all: boolean;
    };

interface CommandDescription {
  readonly name: CommandName;
  readonly summary: string;
  readonly settings: readonly Setting[];
  /** Whether the command takes the id of a backup as an argument. */
  readonly takesId?: boolean;
}

const COMMANDS: readonly CommandDescription[] = [
  {
    name: 'backup',
    summary: 'archive a folder into the bucket',
    settings: [...OWNER_SETTINGS, PATH_SETTING, ...BACKUP_SETTINGS, ...RETENTION_SETTINGS],
  },
  {
    name: 'restore',
    summary: 'restore a backup into a folder',
    settings: [...RESTORE_OWNER_SETTINGS, BACKUP_ID_SETTING, PATH_SETTING, ...RESTORE_SETTINGS],
  },
  { name: 'list', summary: "list a module's backups, newest first", settings: OWNER_SETTINGS },
  {
    name: 'verify',
    summary: 'check a backup and record the result in the bucket',
    settings: [...OWNER_SETTINGS, BACKUP_ID_SETTING, ...VERIFICATION_SETTINGS],
  },
  { name: 'prune', summary: 'remove the backups that no rule keeps', settings: [...OWNER_SETTINGS, ...RETENTION_SETTINGS] },
  { name: 'hold', summary: 'protect a backup from retention rules', settings: OWNER_SETTINGS, takesId: true },
  { name: 'release', summary: 'end a hold', settings: OWNER_SETTINGS, takesId: true },
];

const EXIT_CODES_HELP = `
Exit codes:
  0 done   1 failed   64 invalid settings   65 damaged archive   66 no such backup   74 disk or bucket full, or I/O error
  75 store unreachable   77 access denied   78 unreadable files are missing from the backup   143 terminated

The last line of standard output is the result as one line of JSON. Progress and warnings go to standard error.`;

const EXAMPLE = `
Example:
  export S3_ACCESS_ID=… S3_SECRET_KEY=…
  eevee-backup backup --endpoint https://s3.example.com --bucket backups --namespace chat --module seen --path /data
  eevee-backup restore --endpoint https://s3.example.com --bucket backups --namespace chat --module seen --path /data --clean`;

/**
 * Parses the command line. Options correspond to environment variables and take precedence over them.
 *
 * @throws BackupError `usage` for unknown commands and options.
 */
export function parseInvocation(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Invocation {
  let printed = '';
  let invocation: Invocation | undefined;
  const quiet = (command: Command): Command =>
    command.exitOverride().configureOutput({ writeOut: (text) => (printed += text), writeErr: () => undefined });
  const program = quiet(new Command('eevee-backup'))
    .description("Streams a module's data as a tar archive to an S3 bucket and back.")
    .version(packageJson.version)
    .addHelpText('after', EXAMPLE + '\n' + EXIT_CODES_HELP);
  for (const { name, summary, settings, takesId = false } of COMMANDS) {
    const all = [...STORE_SETTINGS, ...settings, ...LOG_SETTINGS];
    const command = quiet(program.command(name))
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`);
    addOptions(command, name, all);
    if (takesId) command.argument('<id>', 'id of the backup');
    command.addHelpText('after', environmentHelp(all));
    command.action(() => {
      const options = command.opts<Readonly<Record<string, string | boolean>>>();
      const id = takesId ? { [BACKUP_ENV.restoreBackupId]: command.args[0] } : {};
      invocation = {
        command: name,
        environment: { ...environment, ...overrides(all, options), ...id },
        dryRun: options['dryRun'] === true,
        all: options['all'] === true,
      };
    });
  }
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { print: printed };
    if (error.code !== 'commander.help')
      throw new BackupError('usage', `${error.message.replace(/^error: /, '')}; see eevee-backup --help`);
  }
  if (invocation === undefined) throw new BackupError('usage', `no command given\n\n${program.helpInformation()}`);
  return invocation;
}

function addOptions(command: Command, name: CommandName, settings: readonly Setting[]): void {
  for (const { option, value, help, variable } of settings) {
    if (option !== undefined) command.option(`--${option}${value === undefined ? '' : ` <${value}>`}`, `${help} (${variable})`);
  }
  if (name === 'prune') command.option('--dry-run', 'report which backups would be removed without removing them');
  if (name === 'verify') command.option('--all', 'verify every backup of the module, newest first');
}

function overrides(settings: readonly Setting[], options: Readonly<Record<string, string | boolean>>): Record<string, string> {
  return Object.fromEntries(
    settings.flatMap(({ option, variable }) => {
      const value = option === undefined ? undefined : options[camelCase(option)];
      return value === undefined ? [] : [[variable, String(value)]];
    }),
  );
}

/** Name under which commander stores the value of an option. */
const camelCase = (option: string): string => option.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function environmentHelp(settings: readonly Setting[]): string {
  const secret = settings.filter(({ option }) => option === undefined).map(({ variable, help }) => `  ${variable.padEnd(16)} ${help}`);
  return `\nEnvironment only, because arguments are visible to other users:\n${secret.join('\n')}\n${EXIT_CODES_HELP}`;
}
