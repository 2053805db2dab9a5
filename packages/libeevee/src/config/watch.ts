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
import { processState } from '../process-state.ts';

const PRODUCER = 'watchModuleConfig';

/** Time without changes after which the file is read: its writer has finished by then. */
const SETTLE_MS = 100;

/** A file that is written to continuously is read after this time at the latest. */
const LONGEST_SETTLE_MS = 1_000;

/** Interval at which the file is compared with the last reading, in case the file system did not report a change. */
const COMPARE_MS = 5_000;

/** For {@link watchModuleConfig}. */
export interface ConfigWatchOptions<T, Config = T> {
  /**
   * Returns the configuration to use for the file merged over the defaults. If it throws or rejects, the file is rejected with that
   * error.
   */
  validate?: (laid: T) => Config | Promise<Config>;
  /**
   * Rejects with `EEVEE_CONFIG_INVALID` when a file exists at the start and is invalid; otherwise, the defaults would be used. Without
   * a file, or with an empty one, the defaults are used even if strict. Default false.
   */
  strict?: boolean;
  /** Default 100 ms. */
  settleMs?: number;
  /** Default 5,000 ms. */
  compareMs?: number;
}

/** A configuration that follows its file. */
export interface ConfigWatch<Config> {
  /** The last valid configuration. */
  readonly config: Config;
  /** Stops following the file. */
  close(): Promise<void>;
}

/** Called after each change with the new configuration and the previous one. */
export type ConfigChangeHandler<Config> = (config: Config, previous: Config) => unknown;

/** Result of reading the file, compared with the last one before it is processed. */
type Reading = { readonly text: string } | { readonly problem: string; readonly absent: boolean };

function readingOf(path: string): Reading {
  try {
    return { text: textOfFile(path) };
  } catch (error) {
    return { problem: reasonOf(error), absent: Reflect.get(Object(error), 'code') === 'ENOENT' };
  }
}

/** Reads the file when it may have changed, and processes one change after the other. */
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

  /** Follows the file. Neither the watcher nor the timers keep the process alive. */
  async follow(compareMs: number): Promise<void> {
    this.#compare = setInterval(() => void this.#reload(), compareMs).unref();
    // Loaded only by modules that follow their configuration.
    const { watch } = await import('chokidar');
    if (this.#closed) return;
    const directory = dirname(this.#path);
    // The directory, not the file: the kubelet swaps the symlink `..data` beside it, and a watch on the old target gets no more events.
    const watcher = watch(directory, {
      depth: 0,
      followSymlinks: false,
      ignoreInitial: true,
      persistent: false,
      ignored: (each) => each !== directory && each !== this.#path && !basename(each).startsWith('..'),
    });
    const changed = (): void => this.#changed();
    // `all` omits events while the directory is being read, `raw` does not; the content decides whether there is a change.
    watcher.on('all', changed).on('raw', changed);
    // Catches changes made before the watch began.
    watcher.on('ready', changed);
    watcher.on('error', (error) => {
      log.warn(`Checking for changes of the configuration every ${compareMs} ms because the file cannot be watched: ${reasonOf(error)}`, {
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
      log.error(`Keeping the previous configuration because the file cannot be used: ${reasonOf(error)}`, {
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
 * Configuration with which a module starts.
 *
 * @throws EeveeError `EEVEE_CONFIG_INVALID`, if `strict`, when the file is not empty and is invalid.
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
    log.error(`Using the default configuration because the file cannot be used: ${reasonOf(error)}`, { producer: PRODUCER, path });
    return defaults;
  }
}

/** @throws ConfigFileError */
function laidOver<T>(defaults: T, reading: Reading): T {
  if ('problem' in reading) throw new Error(reading.problem);
  const given = mappingOfYaml(reading.text);
  warnOfUnknownKeys(defaults, given, PRODUCER);
  // The caller guarantees that the file matches the type of the defaults.
  return mergedConfig(defaults, given) as T;
}

/**
 * Returns the configuration of the module as `loadModuleConfig` does, and calls `onChange` whenever the content of the file at
 * `MODULE_CONFIG_PATH` changes: by edits, a replaced file, or the symlink swaps by which Kubernetes updates a mounted ConfigMap. If the
 * file becomes invalid (gone, empty, not YAML, larger than 1 MiB, rejected by `validate`), the last good configuration stays in place,
 * and a log line gives the cause. Changes are delivered one after the other: the next one waits until `onChange` has settled.
 *
 * A file that is invalid at the start results in `defaults`, as with `loadModuleConfig`, unless `strict`. The watch does not keep the
 * process alive.
 *
 * @returns once the first configuration is available.
 * @throws the error of `validate` for the first configuration: there is no good one to keep.
 * @throws EeveeError `EEVEE_CONFIG_INVALID`, if `strict`, when the first file is invalid; it names the file, the line and the cause.
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
