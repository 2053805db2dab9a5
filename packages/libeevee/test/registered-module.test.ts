import { MODULE_HEADER } from '@eeveebot/contract';
import { freePort } from '@eeveebot/testing';
import { expect, it } from 'vitest';
import { ChildModule } from './child-module.ts';
import { useChildBus } from './use-child-bus.ts';

const world = useChildBus();

/** A module, or a copy of its source. */
const CODE = `
  import { defineModule } from './src/index.ts';
  await defineModule({
    name: 'child', version: '1.0.0',
    commands: [{ commandUUID: 'c-1', commandDisplayName: 'roll', regex: '^roll$', help: { descr: 'Rolls' }, run: () => {} }],
  }).start();`;

it('registrations name the BotModule, which replicas have in common and copies do not, and outside a cluster the module', async () => {
  const names: unknown[] = [];
  world.bus.observer.subscribe('command.register', { callback: (_error, { headers }) => void names.push(headers?.get(MODULE_HEADER)) });
  await world.bus.observer.flush();
  const bot = { NAMESPACE: 'bot' };
  for (const env of [{ ...bot, RESOURCE_NAME: 'dice' }, { ...bot, RESOURCE_NAME: 'dice' }, { ...bot, RESOURCE_NAME: 'my-dice' }, {}]) {
    const module = new ChildModule(CODE, { ...world.bus.env, HTTP_API_PORT: String(await freePort()), ...env });
    await module.says('"ready"');
  }
  await world.bus.quiet();
  expect(names).toEqual(['bot/dice', 'bot/dice', 'bot/my-dice', 'child']);
});

it('a module unregisters when it stops although a copy of it is running, which has a BotModule of its own', async () => {
  const start = async (name: string): Promise<ChildModule> => {
    const env = { NAMESPACE: 'bot', RESOURCE_NAME: name };
    const module = new ChildModule(CODE, { ...world.bus.env, HTTP_API_PORT: String(await freePort()), ...env });
    await module.says('"ready"');
    return module;
  };
  const [dice, mine] = [await start('dice'), await start('my-dice')];
  dice.signal('SIGTERM');
  await dice.exited;
  await world.bus.quiet();
  const unregistered = { type: 'command.unregister', commandUUID: 'c-1' };
  expect(world.bus.on('command.unregister')).toEqual([unregistered]);
  // Both have one help, by the name in the source.
  expect(world.bus.on('help.remove')).toEqual([]);
  mine.signal('SIGTERM');
  await mine.exited;
  await world.bus.quiet();
  expect(world.bus.on('command.unregister')).toEqual([unregistered, unregistered]);
  expect(world.bus.on('help.remove')).toEqual([{ type: 'help.remove', from: 'child' }]);
});
