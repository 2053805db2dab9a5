import { expect, it } from 'vitest';
import { RoutingWorld } from '../../test/routing-world.ts';

it('a registration stays when one of two modules with its id stops, until it expires or is registered again', async () => {
  const world = new RoutingWorld();
  const { routing } = world;
  const register = (module: string, regex: string): unknown => routing.registerCommand({ commandUUID: 'c-1', regex }, module).result;
  register('copy', '^a$');
  register('echo', '^b$');
  expect(routing.unregister('command', 'c-1', 'copy')).toBe('shared');
  expect(await world.kinds('!b')).toEqual(['execute']);
  // The answer of the other module is on its way.
  expect(routing.sweep()).toEqual([]);
  expect(register('echo', '^b$')).toBe('renewed');
  expect(routing.sweep()).toEqual([]);
  expect(['echo', 'echo'].map((module) => routing.unregister('command', 'c-1', module))).toEqual(['removed', 'unknown']);
  register('copy', '^a$');
  register('echo', '^b$');
  routing.unregister('command', 'c-1', 'echo');
  // The other module does not run either.
  world.nowMs += 30_000;
  expect(routing.sweep()).toMatchObject([{ id: 'c-1' }]);
});
