import { connect, JSONCodec, type NatsConnection } from 'nats';
import { commandExecuteSubject, SUBJECT } from '@eeveebot/contract';

/** Connector and channel that the demo simulates. */
const ROOM = { platform: 'demo', network: 'demo', instance: 'demo', channel: '#demo' } as const;

/** Prefix of a command in a channel. */
const PREFIX = '!';

/** How a module registers a command. */
interface Registration {
  readonly commandUUID: string;
  readonly commandDisplayName: string;
  readonly regex: string;
}

interface OutgoingMessage {
  readonly channel: string;
  readonly text: string;
  readonly trace?: string;
}

/**
 * Sends a chat message and waits for the first reply. Simulates the connector, which receives the message and sends the reply, and
 * the router, which delivers each command to the module that registered it.
 *
 * @throws Error when no module registers a command for it, or none answers, in time.
 * @example
 * await say({ host: '127.0.0.1:4222', token, text: '!echo hello', timeoutMs: 30_000 }); // 'hello'
 */
export async function say(given: {
  readonly host: string;
  readonly token: string;
  readonly text: string;
  readonly timeoutMs: number;
}): Promise<string> {
  const connection = await connect({ servers: given.host, token: given.token, name: 'eevee-demo', timeout: 10_000 });
  try {
    const signal = AbortSignal.timeout(given.timeoutMs);
    const registration = await registrationFor(connection, given.text, signal);
    return await answerTo(connection, { text: given.text, registration, signal });
  } finally {
    await connection.close();
  }
}

/** Asks all modules to register again, as a router does when it starts, and waits for a command that fits. */
async function registrationFor(connection: NatsConnection, text: string, signal: AbortSignal): Promise<Registration> {
  const codec = JSONCodec<Registration>();
  const registrations = connection.subscribe(SUBJECT.commandRegister);
  const stop = () => registrations.unsubscribe();
  signal.addEventListener('abort', stop, { once: true });
  connection.publish(SUBJECT.registerCommands, JSONCodec().encode({}));
  for await (const message of registrations) {
    const registration = codec.decode(message.data);
    if (!new RegExp(registration.regex).test(withoutPrefix(text))) continue;
    registrations.unsubscribe();
    return registration;
  }
  throw new Error(`no module registered a command for ${JSON.stringify(text)}`);
}

async function answerTo(
  connection: NatsConnection,
  { text, registration, signal }: { readonly text: string; readonly registration: Registration; readonly signal: AbortSignal },
): Promise<string> {
  const codec = JSONCodec<OutgoingMessage>();
  const trace = crypto.randomUUID();
  const answers = connection.subscribe(`chat.message.outgoing.${ROOM.platform}.${ROOM.instance}.>`);
  signal.addEventListener('abort', () => answers.unsubscribe(), { once: true });
  const matchedText = new RegExp(registration.regex).exec(withoutPrefix(text))?.[0] ?? '';
  connection.publish(
    commandExecuteSubject(registration.commandUUID),
    JSONCodec().encode({
      ...ROOM,
      user: 'visitor',
      userHost: 'visitor.example.com',
      text: withoutPrefix(text).slice(matchedText.length),
      originalText: text,
      matchedCommand: registration.commandDisplayName,
      matchedText,
      timestamp: new Date().toISOString(),
      trace,
    }),
  );
  for await (const message of answers) {
    const answer = codec.decode(message.data);
    if (answer.trace === trace && answer.channel === ROOM.channel) return answer.text;
  }
  throw new Error(`the module that registered ${registration.commandDisplayName} did not answer`);
}

const withoutPrefix = (text: string): string => (text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text);
