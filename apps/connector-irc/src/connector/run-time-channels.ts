import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { log } from '@eeveebot/libeevee';
import type { WantedChannel } from '../irc/channel-list.ts';
import { isTarget } from '../irc/outgoing.ts';
import { reasonOf } from '../reason.ts';

const FILE = 'irc-channels.json';

/** Channels that were joined at run time, by connection; on the module's volume if it has one, so that they survive restarts. */
export class RunTimeChannels {
  readonly #file: string | undefined;
  readonly #producer: string;
  #channels: Readonly<Record<string, readonly WantedChannel[]>> = {};

  /** @param folder the module's volume; without one, the channels are forgotten at a restart. */
  constructor(folder: string | undefined, producer: string) {
    this.#producer = producer;
    if (folder === undefined || folder === '') return;
    this.#file = join(folder, FILE);
    this.#channels = this.#read(this.#file);
  }

  /** Channels of a connection. */
  of(connection: string): readonly WantedChannel[] {
    return Object.hasOwn(this.#channels, connection) ? (this.#channels[connection] ?? []) : [];
  }

  /** Saves the channels of a connection. */
  keep(connection: string, channels: readonly WantedChannel[]): void {
    this.#channels = { ...this.#channels, [connection]: channels };
    if (this.#file === undefined) return;
    try {
      mkdirSync(join(this.#file, '..'), { recursive: true });
      // Replaces the file atomically: a crash must not leave a partial file.
      writeFileSync(`${this.#file}.new`, JSON.stringify(this.#channels), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch (error) {
      log.error('channels joined at run time cannot be stored on the volume', { producer: this.#producer, reason: reasonOf(error) });
    }
  }

  #read(file: string): Readonly<Record<string, readonly WantedChannel[]>> {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      log.debug('channels joined at run time are not stored', { producer: this.#producer, reason: reasonOf(error) });
      return {};
    }
    try {
      return Object.fromEntries(Object.entries(JSON.parse(text) as object).map(([name, channels]) => [name, validChannels(channels)]));
    } catch (error) {
      log.error('the file of channels joined at run time cannot be read; it is ignored', {
        producer: this.#producer,
        file,
        reason: reasonOf(error),
      });
      return {};
    }
  }
}

function validChannels(channels: unknown): WantedChannel[] {
  if (!Array.isArray(channels)) return [];
  return channels.flatMap((each: unknown) => {
    const { name, key } = (typeof each === 'object' && each !== null ? each : {}) as Partial<WantedChannel>;
    return isTarget(name) ? [{ name, key: isTarget(key) ? key : undefined }] : [];
  });
}
