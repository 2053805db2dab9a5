/** Source of a module in TypeScript whose command runs `body`, with a configuration and a limit. */
export const diceModule = (body: string, more = ''): string => `
import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandContext, defineModule } from '@eeveebot/libeevee';

interface Config { readonly greeting: string }

await defineModule<Config>({
  name: 'dice',
  version: '1.0.0',
  config: { greeting: 'hello' },
  commands: [
    {
      commandUUID: 'b0c9e3c2-5d0f-4a7e-9d3c-6f4f0f5a7a01',
      commandDisplayName: 'roll',
      regex: '^roll(?:\\\\s+|$)',
      nickPrefixAllowed: true,
      ratelimit: { mode: 'drop', level: 'user', limit: 3, interval: '1m' },
      run: async (ctx: CommandContext<Config>): Promise<void> => {
        ${body}
      },
    },
  ],
  ${more}
}).start();
`;
