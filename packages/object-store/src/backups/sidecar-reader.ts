import { sidecarSummary, type SidecarSummary } from '../sidecar-summary.ts';
import { StoreError } from '../errors/store-error.ts';
import type { StoreErrorKind } from '../errors/store-failures.ts';
import { LARGEST_TEXT_BYTES, type Store } from '../s3/store.ts';
import type { StoredObject } from '../s3/store-types.ts';

/** Result of reading a sidecar. */
export interface SidecarReading {
  readonly sidecar: SidecarSummary | undefined;
  /** Why an existing sidecar cannot be used. */
  readonly sidecarProblem: string | undefined;
}

const NO_SIDECAR: SidecarReading = { sidecar: undefined, sidecarProblem: undefined };

/** Reads the sidecars of a listing. After the first denial it requests no others, so credentials that may only list remain usable. */
export class SidecarReader {
  readonly #store: Store;
  readonly #signal: AbortSignal | undefined;
  /** The first denial. */
  denial: StoreError | undefined;

  constructor(store: Store, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#signal = signal;
  }

  async read(object: StoredObject | undefined): Promise<SidecarReading> {
    if (object === undefined) return NO_SIDECAR;
    const { endpoint, bucket } = this.#store.location;
    const version = [endpoint, bucket, object.key, object.etag ?? '', object.lastModified.getTime(), object.sizeBytes].join(' ');
    const cached = this.#store.sidecars.get(version);
    if (cached !== undefined) return { sidecar: cached, sidecarProblem: undefined };
    if (object.sizeBytes > LARGEST_TEXT_BYTES) return { sidecar: undefined, sidecarProblem: `its sidecar has ${object.sizeBytes} bytes` };
    if (this.denial !== undefined) return unreadableSidecar(this.denial);
    return this.#load(object.key, version);
  }

  async #load(key: string, version: string): Promise<SidecarReading> {
    try {
      const text = await this.#store.text(key, this.#signal);
      if (text === undefined) return { sidecar: undefined, sidecarProblem: 'its sidecar was removed during the listing' };
      const summary = sidecarSummary(text);
      if (typeof summary === 'string') return { sidecar: undefined, sidecarProblem: `its sidecar ${summary}` };
      this.#store.sidecars.set(version, summary);
      return { sidecar: summary, sidecarProblem: undefined };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.kind === 'denied') this.denial = error;
      else if (!OF_ONE_OBJECT.has(error.kind)) throw error;
      return unreadableSidecar(error);
    }
  }
}

/** Error kinds that concern a single object; others can still be read. */
const OF_ONE_OBJECT: ReadonlySet<StoreErrorKind> = new Set(['rejected', 'archived', 'unsupported']);

const unreadableSidecar = ({ message }: StoreError): SidecarReading => ({
  sidecar: undefined,
  sidecarProblem: `its sidecar could not be read: ${message}`,
});
