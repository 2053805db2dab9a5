import { defineModule } from '@eeveebot/libeevee';
import manifest from '../package.json' with { type: 'json' };
import { BusRouter } from './bus-router.ts';
import { type RouterConfig, routerConfig } from './config.ts';

let router: BusRouter | undefined;

/** The router as a module: configuration, health, metrics, stats and shutdown work as in every module. */
export const routerModule = defineModule<RouterConfig>({
  name: 'router',
  version: manifest.version,
  config: routerConfig,
  onStart: async (context) => {
    router = new BusRouter(context);
    await router.start();
  },
  onConfigChange: ({ config }) => router?.configure(config),
  onStop: () => router?.stop(),
});
