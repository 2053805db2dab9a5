import { findBinary } from '../../packages/testing/setup/binaries.ts';
import { type Command, runProgram } from './command.ts';

/** The bot without Kubernetes, on a NATS server if one was built for the tests; it is not built for this command. */
export const chat: Command = (args) => {
  const built = args.some((each) => /^--(?:no-)?nats-server(?:$|=)/.test(each)) ? undefined : findBinary('nats-server');
  const bus = built === undefined ? [] : ['--nats-server', built];
  return runProgram('of the user', 'node', ['--conditions=@eeveebot/source', 'packages/cli/src/bin/eevee.ts', 'chat', ...bus, ...args]);
};
