import { build } from './build.ts';
import { type Command, runProgram } from './command.ts';

/** Builds, then runs the operator here, against the cluster of the current kubeconfig. */
export const dev: Command = async (args) => {
  const built = await build([]);
  return built === 0 ? runProgram('of the user', 'node', ['--enable-source-maps', 'apps/operator/dist/operator.cjs', ...args]) : built;
};
