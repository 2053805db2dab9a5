import { botModule } from './help.ts';

await botModule.start();
