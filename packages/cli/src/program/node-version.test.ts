import { expect, it } from 'vitest';
import { nodeProblem } from './node-version.ts';
import { runProgram } from './run-program.ts';

it.each(['22.12.0', '22.23.3', '23.0.0', '26.10.0'])('Node.js %s runs the programs', (version) => {
  expect(nodeProblem(version)).toBeUndefined();
});

it.each(['18.20.8', '20.20.2', '22.0.0', '22.11.0'])('Node.js %s is too old, which is said with the fix', (version) => {
  expect(nodeProblem(version)).toMatch(new RegExp(`^needs Node.js 22.12 or later, and this is ${version}: install it`));
});

it('a program does not begin on a Node.js that is too old', async () => {
  const said: string[] = [];
  const definition = { name: 'eevee', description: '', examples: [], addCommands: () => expect.unreachable() };
  const code = await runProgram(definition, ['dev'], { nodeVersion: '20.20.2', complain: (text) => said.push(text) });
  expect([code, said]).toEqual([69, [expect.stringMatching(/^eevee: needs Node\.js .*\n$/)]]);
});
