import { shout } from './shout.js';

await shout.start();
