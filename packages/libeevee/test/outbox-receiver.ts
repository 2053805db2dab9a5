import { Inbox, type Receipt } from '../src/delivery/index.ts';
import type { NatsClient } from '../src/nats/client.ts';

/** Subject of the messages of an outbox under test. */
export const SUBJECT = 'work.main';

/** A receiver with a handler that the test defines; by default it processes each message at once. */
export class Receiver {
  readonly nats: NatsClient;
  readonly inbox: Inbox;
  readonly worked: number[] = [];
  readonly waiting: { readonly number: number; readonly receipt: Receipt }[] = [];
  /** Keeps messages without processing them. */
  isSlow = false;
  /** Reports at once that it keeps a message. */
  saysHeld = false;

  private constructor(client: NatsClient) {
    this.nats = client;
    this.inbox = new Inbox(client);
  }

  /** Subscribes with a connected client. */
  static async start(client: NatsClient, { isSlow }: { readonly isSlow: boolean }): Promise<Receiver> {
    const receiver = new Receiver(client);
    receiver.isSlow = isSlow;
    await receiver.inbox.start();
    await receiver.nats.subscribe(
      SUBJECT,
      (_subject, msg) => {
        const receipt = receiver.inbox.take(msg);
        if (receipt === undefined) return;
        receiver.waiting.push({ number: msg.json<{ number: number }>().number, receipt });
        if (!receiver.isSlow) receiver.work();
        else if (receiver.saysHeld) receipt.held();
      },
      { queue: 'workers' },
    );
    return receiver;
  }

  /** Processes all waiting messages. */
  work(): void {
    for (const { number, receipt } of this.waiting.splice(0)) {
      this.worked.push(number);
      receipt.taken();
    }
  }
}
