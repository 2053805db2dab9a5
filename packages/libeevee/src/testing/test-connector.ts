import { SUBJECT } from '@eeveebot/contract';
import { ircFolded } from '../irc/case-mapping.ts';
import type { NatsClient } from '../nats/client.ts';

/** A user in a channel. */
interface Member {
  readonly channel: string;
  readonly nick: string;
}

const keyOf = ({ channel, nick }: Member): string => `${ircFolded(channel)} ${ircFolded(nick)}`;

/** The connectors of a test bot, as far as modules ask them: who is an admin of a channel. */
export class TestConnector {
  readonly #admins = new Set<string>();

  /** Answers queries about the modes of a user, on all platforms. */
  async start(nats: NatsClient): Promise<void> {
    await nats.subscribe(SUBJECT.connectorControls, async (_subject, msg) => {
      const { action, data } = msg.json<{ action?: unknown; data?: Partial<Member> & { replyChannel?: string } }>();
      const { channel = '', nick = '', replyChannel } = data ?? {};
      if (action !== 'get-modes-for-user' || replyChannel === undefined) return;
      const isChannelAdmin = this.#admins.has(keyOf({ channel, nick }));
      await nats.publish(replyChannel, JSON.stringify({ channel, nick, modes: isChannelAdmin ? ['o'] : [], isChannelAdmin }));
    });
  }

  setAdmin(member: Member, isAdmin: boolean): void {
    if (isAdmin) this.#admins.add(keyOf(member));
    else this.#admins.delete(keyOf(member));
  }
}
