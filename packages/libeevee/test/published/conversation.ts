// The module's own test: prints what it answers.
import { startTestBot } from '@eeveebot/libeevee/testing';
import { shout } from './shout.js';

const bot = await startTestBot(shout, { config: { mark: '?' } });
process.stdout.write(JSON.stringify({ node: process.version, answers: await bot.say('!shout hello') }));
await bot.stop();
