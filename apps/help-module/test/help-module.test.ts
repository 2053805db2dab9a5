import { SUBJECT } from '@eeveebot/contract';
import { NatsClient, registerHelp } from '@eeveebot/libeevee';
import { type TestBot, startTestBot } from '@eeveebot/libeevee/testing';
import { type NatsServer, startNatsServer } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { botModule } from '../src/help.ts';

const TOKEN = 'help-token';

describe('the help module on a NATS server', () => {
  let server: NatsServer;
  let other: NatsClient;
  let bot: TestBot | undefined;

  beforeEach(async () => {
    server = await startNatsServer({ token: TOKEN });
    other = new NatsClient({ natsHost: server.host, natsToken: TOKEN, name: 'dice' });
    await other.connect();
  });

  afterEach(async () => {
    await bot?.stop();
    bot = undefined;
    await other.drain();
    await server.stop();
  });

  const start = async (replicas = 1): Promise<TestBot> => {
    bot = await startTestBot(botModule, { bus: { host: server.host, token: TOKEN }, replicas, config: { ratelimit: { limit: 100 } } });
    return bot;
  };

  /** Declares the help of another module. */
  const announce = async (): Promise<void> => {
    await Promise.all(await registerHelp(other, 'dice', [{ command: 'roll', descr: 'Rolls dice', params: [] }]));
  };

  it('learns the help of modules that started before it', async () => {
    await announce();
    const help = await start();
    await help.until(() => help.help.find(({ from }) => from === 'dice'));
    expect(await help.say('!help')).toEqual(['Commands: help, roll. Type !help <command> for how to use one.']);
  });

  it('removes a module that withdraws its help', async () => {
    await announce();
    const help = await start();
    await other.publish(SUBJECT.helpRemove, JSON.stringify({ type: SUBJECT.helpRemove, from: 'dice' }));
    await other.nats?.flush();
    await help.settled();
    expect(await help.say('!help roll')).toEqual(['There is no command or module called "roll". !help lists the commands.']);
  });

  it('answers once with two replicas, each of which knows all modules', async () => {
    const help = await start(2);
    await announce();
    await other.nats?.flush();
    await help.settled();
    for (let call = 0; call < 20; call++) expect(await help.say('!help roll')).toEqual(['!roll — Rolls dice']);
  });
});
