import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const code = `
import { log } from './src/log/log.ts';
import { registerGracefulShutdown } from './src/process/shutdown.ts';
const chatter = setInterval(() => log.info('a line'), 5);
registerGracefulShutdown([], () => clearInterval(chatter));
process.stderr.write('started');
`;

let child: ReturnType<typeof spawn> | undefined;
afterEach(() => child?.kill('SIGKILL'));

it.each(['production', 'development'])('a module whose log has no reader any more stops cleanly, in %s', async (NODE_ENV) => {
  const module = spawn(process.execPath, ['--conditions=@eeveebot/source', '--input-type=module-typescript', '--eval', code], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = module;
  await once(module.stderr, 'data');
  await once(module.stdout, 'data');
  module.stdout.destroy();
  module.kill('SIGTERM');
  const [exitCode]: unknown[] = await once(module, 'exit');
  expect(exitCode).toBe(0);
});
