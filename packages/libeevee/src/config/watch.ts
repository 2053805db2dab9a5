import { basename, dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MODULE_ENV } from '@eeveebot/contract';
import type { FSWatcher } from 'chokidar';
import { mergedConfig, warnOfUnknownKeys } from './load.ts';
import { EmptyConfigFileError } from './config-file-error.ts';
import { mappingOfYaml, textOfFile } from './file.ts';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { asError } from '../log/error-fields.ts';
import { processState } from '../process/state.ts';

const PRODUCER = 'watchModuleConfig';

/** How long the file must be left alone before it is read: whoever writes it is done then. */
const SETTLE_MS = 100;

/** A file that is written to without end is read all the same. */
const LONGEST_SETTLE_MS = 1_000;

/** How often the file is compared with what was last read, in case its system did not tell of a change. */
const COMPARE_MS = 5_000;

/** For {@link watchModuleConfig}. */
export interface ConfigWatchOptions<T, Config = T> {
  /**
   * Gives the configuration to use for the file laid over the defaults. What it throws or rejects with
   * refuses the file.
   */
  validate?: (laid: T) => Config | Promise<Config>;
  /**
   * Rejects with `EEVEE_CONFIG_INVALID` when there is a file at the start and it cannot be used, where the defaults would be used
   * otherwise. Without a file, and with an empty one, the defaults are used all the same. Default false.
   */
  strict?: boolean;
  /** Default 100 ms. */
  settleMs?: number;
  /** Default 5,000 ms. */
  compareMs?: number;
}

/** A configuration that follows its file. */
export interface ConfigWatch<Config> {
  /** The last one that could be used. */
  readonly config: Config;
  /** Follows the file no longer. */
  close(): Promise<void>;
}

/** Called after each change with the new configuration and the one before. */
export type ConfigChangeHandler<Config> = (config: Config, previous: Config) => unknown;

/** What reading the file gave, compared before anything else is done with it. */
type Reading = { readonly text: string } | { readonly problem: string; readonly absent: boolean };

function readingOf(path: string): Reading {
  try {
    return { text: textOfFile(path) };
  } catch (error) {
    return { problem: reasonOf(error), absent: Reflect.get(Object(error), 'code') === 'ENOENT' };
  }
}

/** Reads the file when it may have changed, one change after the other. */
class FollowedConfig<T, Config> implements ConfigWatch<Config> {
  config: Config;
  readonly #path: string;
  readonly #defaults: T;
  readonly #validate: (laid: T) => Config | Promise<Config>;
  readonly #onChange: ConfigChangeHandler<Config>;
  readonly #settleMs: number;
  #seen: Reading;
  #laid: T;
  #settling: NodeJS.Timeout | undefined;
  #changedSinceMs: number | undefined;
  #compare: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;
  #reloading = false;
  #changedMeanwhile = false;
  #closed = false;

  constructor(
    file: { path: string; seen: Reading },
    configs: { defaults: T; laid: T; config: Config },
    use: { validate: (laid: T) => Config | Promise<Config>; onChange: ConfigChangeHandler<Config>; settleMs: number },
  ) {
    this.#path = file.path;
    this.#seen = file.seen;
    this.#defaults = configs.defaults;
    this.#laid = configs.laid;
    this.config = configs.config;
    this.#validate = use.validate;
    this.#onChange = use.onChange;
    this.#settleMs = use.settleMs;
  }

  /** Neither the watcher nor the timers keep the process alive. */
  async follow(compareMs: number): Promise<void> {
    this.#compare = setInterval(() => void this.#reload(), compareMs).unref();
    // Loaded by modules that follow their configuration only.
    const { watch } = await import('chokidar');
    if (this.#closed) return;
    const directory = dirname(this.#path);
    // The directory, not the file: the kubelet swaps the symlink `..data` beside it, and a watch on what it led to goes deaf.
    const watcher = watch(directory, {
      depth: 0,
      followSymlinks: false,
      ignoreInitial: true,
      persistent: false,
      ignored: (each) => each !== directory && each !== this.#path && !basename(each).startsWith('..'),
    });
    const changed = (): void => this.#changed();
    // `all` leaves out what happens while the directory is being read, `raw` does not; the content tells what is a change.
    watcher.on('all', changed).on('raw', changed);
    // What changed before the watch began is seen by this.
    watcher.on('ready', changed);
    watcher.on('error', (error) => {
      log.warn(`Changes of the configuration are seen every ${compareMs} ms only, it cannot be watched: ${reasonOf(error)}`, {
        producer: PRODUCER,
        path: this.#path,
      });
    });
    this.#watcher = watcher;
  }

  #changed(): void {
    if (this.#closed) return;
    const nowMs = Date.now();
    this.#changedSinceMs ??= nowMs;
    const waitMs = Math.min(this.#settleMs, this.#changedSinceMs + LONGEST_SETTLE_MS - nowMs);
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#changedSinceMs = undefined;
      void this.#reload();
    }, waitMs).unref();
  }

  async #reload(): Promise<void> {
    this.#changedMeanwhile = true;
    if (this.#reloading) return;
    this.#reloading = true;
    while (this.#changedMeanwhile && !this.#closed && !processState.stopping) {
      this.#changedMeanwhile = false;
      await this.#readAgain();
    }
    this.#reloading = false;
  }

  async #readAgain(): Promise<void> {
    const seen = readingOf(this.#path);
    if (isDeepStrictEqual(seen, this.#seen)) return;
    this.#seen = seen;
    let laid: T;
    let config: Config;
    try {
      laid = laidOver(this.#defaults, seen);
      if (isDeepStrictEqual(laid, this.#laid)) return;
      config = await this.#validate(laid);
    } catch (error) {
      log.error(`Keeping the configuration as it was, the file cannot be used: ${reasonOf(error)}`, {
        producer: PRODUCER,
        path: this.#path,
      });
      return;
    }
    if (this.#closed) return;
    const previous = this.config;
    this.#laid = laid;
    this.config = config;
    log.info('Loaded the changed configuration', { producer: PRODUCER, path: this.#path });
    try {
      await this.#onChange(config, previous);
    } catch (error) {
      log.error('The handler of a changed configuration failed', { producer: PRODUCER, error: asError(error) });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#settling);
    clearInterval(this.#compare);
    await this.#watcher?.close();
  }
}

/**
 * What a module starts with.
 *
 * @throws EeveeError `EEVEE_CONFIG_INVALID`, if `strict`, when there is something in the file and it cannot be used.
 */
function laidAtStart<T>(defaults: T, { path, seen, strict }: { path: string; seen: Reading; strict: boolean }): T {
  try {
    const laid = laidOver(defaults, seen);
    log.info('Loaded the configuration', { producer: PRODUCER, path });
    return laid;
  } catch (error) {
    const nothingThere = ('absent' in seen && seen.absent) || error instanceof EmptyConfigFileError;
    if (strict && !nothingThere) {
      const message = `the configuration file ${path} cannot be used: ${reasonOf(error)}`;
      throw new EeveeError(ERROR_CODES.configInvalid, message, { cause: error });
    }
    log.error(`Using the default configuration, the file cannot be used: ${reasonOf(error)}`, { producer: PRODUCER, path });
    return defaults;
  }
}

/** @throws ConfigFileError */
function laidOver<T>(defaults: T, reading: Reading): T {
  if ('problem' in reading) throw new Error(reading.problem);
  const given = mappingOfYaml(reading.text);
  warnOfUnknownKeys(defaults, given, PRODUCER);
  // The defaults' type is the caller's word for what the file holds.
  return mergedConfig(defaults, given) as T;
}

/**
 * The module's configuration as `loadModuleConfig` gives it, and `onChange` whenever the file at
 * `MODULE_CONFIG_PATH` says something else: edits, a replaced file, and the symlink swaps by which
 * Kubernetes updates a mounted ConfigMap. A file that cannot be used any more (gone, empty, not YAML,
 * larger than 1 MiB, refused by `validate`) leaves the last good configuration in place, and a log line
 * says why. Changes are handed on one after the other: the next one waits until `onChange` has settled.
 *
 * A file that cannot be used at the start gives `defaults`, as `loadModuleConfig` does, unless `strict`. It does
 * not keep the process alive.
 *
 * @returns once the first configuration is there.
 * @throws what `validate` throws for the first configuration: there is no good one to keep.
 * @throws EeveeError `EEVEE_CONFIG_INVALID`, if `strict`, when the first file cannot be used; it names the file, the line and the cause.
 * @example
 * const watched = await watchModuleConfig({ greeting: 'Hello' }, ({ greeting }) => log.info(`the greeting is now ${greeting}`));
 * log.info(`the greeting is ${watched.config.greeting}`);
 */
export function watchModuleConfig<T>(
  defaults: T,
  onChange: ConfigChangeHandler<T>,
  options?: ConfigWatchOptions<T>,
): Promise<ConfigWatch<T>>;
export function watchModuleConfig<T, Config>(
  defaults: T,
  onChange: ConfigChangeHandler<Config>,
  options: ConfigWatchOptions<T, Config> & Required<Pick<ConfigWatchOptions<T, Config>, 'validate'>>,
): Promise<ConfigWatch<Config>>;
export async function watchModuleConfig<T>(
  defaults: T,
  onChange: ConfigChangeHandler<T>,
  { validate = (laid) => laid, strict = false, settleMs = SETTLE_MS, compareMs = COMPARE_MS }: ConfigWatchOptions<T> = {},
): Promise<ConfigWatch<T>> {
  const given = process.env[MODULE_ENV.moduleConfigPath] ?? '';
  if (given === '') {
    log.info(`${MODULE_ENV.moduleConfigPath} is not set: using the default configuration`, { producer: PRODUCER });
    return { config: await validate(defaults), close: () => Promise.resolve() };
  }
  const path = resolve(given);
  const seen = readingOf(path);
  const laid = laidAtStart(defaults, { path, seen, strict });
  const config = await validate(laid);
  const followed = new FollowedConfig({ path, seen }, { defaults, laid, config }, { validate, onChange, settleMs });
  await followed.follow(compareMs);
  return followed;
}
