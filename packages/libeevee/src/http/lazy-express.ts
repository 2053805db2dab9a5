import type express from 'express';
import { loadExpress } from './required.cjs';

type ExpressModule = typeof express;

/**
 * Express, for middleware and routers of a module's routes without a dependency of its own. It is loaded when it is first used.
 *
 * @see https://expressjs.com/en/5x/api.html
 * @example
 * http.post('/hooks/github', express.json(), (request, response) => response.sendStatus(204));
 */
const lazyExpress = new Proxy((() => loadExpress()()) as unknown as ExpressModule, {
  get: (_target, name): unknown => Reflect.get(loadExpress(), name),
  has: (_target, name) => Reflect.has(loadExpress(), name),
});

export { lazyExpress as express };
