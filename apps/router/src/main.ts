import { routerModule } from './router-module.ts';

// Without top-level await, which a CommonJS bundle cannot have (docs/decisions/0045-commonjs-bundles.md). A start that fails ends the process.
void routerModule.start();
