import { expect, it } from 'vitest';
import { botModule } from '../../test/fixtures/bot-modules.ts';
import { RestartCounts } from './restart-counts.ts';

const moduleOf = (name: string, uid: string) => {
  const module = botModule();
  return { ...module, metadata: { ...module.metadata, name, uid } };
};

it('restarts of a module begin at zero, and end with the module', () => {
  const counts = new RestartCounts();
  const [echo, help] = [moduleOf('echo', 'u1'), moduleOf('help', 'u2')];
  const valuesOf = (modules: Parameters<RestartCounts['readings']>[0]) => counts.readings(modules).map(({ name, value }) => [name, value]);
  expect(valuesOf([echo, help])).toEqual([
    ['echo', 0],
    ['help', 0],
  ]);
  counts.count(echo);
  counts.count(echo);
  expect(valuesOf([echo, help])).toEqual([
    ['echo', 2],
    ['help', 0],
  ]);
  expect(valuesOf([moduleOf('echo', 'u3')])).toEqual([['echo', 0]]);
  expect(valuesOf([echo])).toEqual([['echo', 0]]);
});
