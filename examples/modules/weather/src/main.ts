import { weather } from './weather.ts';

await weather.start();
