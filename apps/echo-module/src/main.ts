import { botModule } from './echo.ts';

await botModule.start();
