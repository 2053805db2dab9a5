// The test of the module: prints its answers.
import { startTestBot } from '@eeveebot/libeevee/testing';
import { shout } from './shout.js';

const bot = await startTestBot(shout, { config: { mark: '?' } });
process.stdout.write(JSON.stringify({ node: process.version, answers: await bot.say('!shout hello') }));
await bot.stop();
