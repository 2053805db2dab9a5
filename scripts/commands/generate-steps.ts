import { programStep, type Step } from './steps.ts';

const SOURCES = '--conditions=@eeveebot/source';

/** Everything that is generated and committed, in order of dependency. */
export const GENERATE_STEPS: readonly Step[] = [
  programStep('versions', 'build', ['node', 'scripts/release/versions/generate.ts']),
  programStep('definitions', 'build', ['node', SOURCES, 'packages/crds/generate/generate.ts']),
  programStep('charts', 'build', ['node', SOURCES, 'charts/generate/generate.ts']),
  programStep('HTTP API', 'build', ['vitest', 'run', '--project', 'unit', 'apps/operator/src/http/openapi.test.ts', '--update']),
  programStep('fences', 'build', ['node', 'scripts/fences/generate.ts']),
];
