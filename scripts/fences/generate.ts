import { writeArchitecturePage } from './architecture.ts';

writeArchitecturePage();
