import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diceModule } from './dice.ts';
import { ModuleFolder, runEevee } from './eevee.ts';

it('ignores variables of another bot, in the shell and in the file with variables', async () => {
  using folder = new ModuleFolder({
    'src/main.ts': diceModule('await ctx.reply(`${ctx.config.greeting} ${process.env["SECRET"]} ${process.env["NAMESPACE"]}`);'),
    'config.yaml': 'greeting: hi\nnotificationCooldown: never\n',
    '.env': 'SECRET=word\nNATS_USER=me\nNATS_PASSWORD=word\nNAMESPACE=own\n',
  });
  const { code, stdout, stderr } = await runEevee(['dev', folder.path, '--env-file', join(folder.path, '.env')], {
    input: '!roll 1\n',
    env: {
      ...{ NATS_HOST: 'tls://nats.example:4222', NATS_NKEY_SEED: 'seed', NATS_CA_FILE: '/missing', HTTP_API_PORT: '99999' },
      ...{ NAMESPACE: 'bot', RESOURCE_NAME: 'echo', MODULE_DATA: '/missing', MODULE_CONFIG_PATH: join(folder.path, 'config.yaml') },
    },
  });
  expect([code, stdout]).toEqual([0, '<tester> !roll 1\n<eevee> hi word own\n']);
  // The module, which uses this configuration, warns; the router has none.
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('unknown key: notificationCooldown')]);
});
