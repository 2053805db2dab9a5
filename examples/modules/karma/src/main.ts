import { karma } from './karma.ts';

await karma.start();
