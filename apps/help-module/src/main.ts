import { botModule } from './help.ts';

// Without top-level await, which a CommonJS bundle cannot have (docs/decisions/0045-commonjs-bundles.md). A start that fails ends the process.
void botModule.start();
