/** Maximum number of messages in the backlog, and of those of one namespace. */
const LONGEST = 20_000;
const LONGEST_OF_NAMESPACE = 5_000;

/** A message about an object. */
interface Message {
  readonly about: { readonly namespace: string };
  readonly event: { readonly type: 'Normal' | 'Warning' };
}

/**
 * Messages that wait to be sent. Those of a namespace are sent one after the other, and namespaces take turns, so that a webhook that holds
 * the Events of one namespace does not delay those of others. Warnings come first.
 */
export class EventBacklog<T extends Message> {
  readonly #warnings = new Map<string, Set<T>>();
  readonly #others = new Map<string, Set<T>>();
  /** Namespaces of which a message is being sent. */
  readonly #underWay = new Set<string>();
  #size = 0;

  /** Messages that are being sent. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Adds a message, unless it waits already, or too many do. */
  add(message: T): void {
    const { namespace } = message.about;
    const lane = this.#laneOf(message);
    const waiting = lane.get(namespace) ?? new Set();
    if (waiting.has(message) || this.#size >= LONGEST || waiting.size >= LONGEST_OF_NAMESPACE) return;
    lane.set(namespace, waiting.add(message));
    this.#size++;
  }

  /** The message to send next; `undefined` if none waits but in namespaces of which one is being sent. */
  first(): T | undefined {
    return this.#firstOf(this.#warnings) ?? this.#firstOf(this.#others);
  }

  /** Takes a message out of the backlog to send it. */
  begin(message: T): void {
    const { namespace } = message.about;
    const lane = this.#laneOf(message);
    const waiting = lane.get(namespace);
    if (waiting?.delete(message) !== true) return;
    this.#size--;
    this.#underWay.add(namespace);
    // Behind the other namespaces.
    lane.delete(namespace);
    if (waiting.size > 0) lane.set(namespace, waiting);
  }

  /** Notes that a message was sent, or could not be. */
  end({ about: { namespace } }: T): void {
    this.#underWay.delete(namespace);
  }

  #firstOf(lane: ReadonlyMap<string, ReadonlySet<T>>): T | undefined {
    for (const [namespace, [message]] of lane) if (!this.#underWay.has(namespace)) return message;
    return undefined;
  }

  #laneOf({ event }: T): Map<string, Set<T>> {
    return event.type === 'Warning' ? this.#warnings : this.#others;
  }
}
