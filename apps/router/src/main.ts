import { routerModule } from './router-module.ts';

await routerModule.start();
