import type { Log } from '../../telemetry/log.ts';
import type { ObjectKey } from '../objects/object-key.ts';

/** Missing permissions for a Lease, because of which this process must not work: logged when they are found missing and once they are back. */
export class LeaseObstacle {
  readonly #log: Log;
  readonly #lease: string;
  readonly #extent: string;
  #text: string | undefined;

  /** @param given.isInNamespaceOnly whether only the namespace of the Lease is affected. */
  constructor(given: { readonly key: ObjectKey; readonly log: Log; readonly isInNamespaceOnly: boolean }) {
    const { namespace, name } = given.key;
    this.#log = given.log;
    this.#lease = `${namespace}/${name}`;
    this.#extent = given.isInNamespaceOnly ? ` in namespace ${namespace}` : '';
  }

  /** Why this process must not work; `undefined` while nothing is known to be missing. */
  get text(): string | undefined {
    return this.#text;
  }

  /** Records that the API server refuses a request for the Lease, with this message. */
  begin(refusal: string): void {
    const isNew = this.#text === undefined;
    this.#text = `cannot take Lease ${this.#lease}, so this operator does no work${this.#extent}: ${refusal}. Grant get, create and update in the operator's Role`;
    if (isNew) this.#log.warn(this.#text, { lease: this.#lease });
  }

  /** Records that no request for the Lease is refused any more. */
  end(): void {
    if (this.#text === undefined) return;
    this.#text = undefined;
    this.#log.info(`use of Lease ${this.#lease} is permitted again`, { lease: this.#lease });
  }
}
