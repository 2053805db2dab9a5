import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Express, NextFunction, Request, Response } from 'express';
import { sendFailure, sendNotFound } from './answers.ts';
import { loadExpress } from './required.cjs';

function moduleRoutes(): Express {
  const routes = loadExpress()();
  routes.disable('x-powered-by');
  routes.disable('etag');
  return routes;
}

/** The routes of a module itself. Express is loaded when the module asks for them, so that a module without routes does without it. */
export class OwnRoutes {
  #app: Express | undefined;
  #answer: RequestListener = (_request, response) => sendNotFound(response);

  get app(): Express {
    if (this.#app === undefined) {
      this.#app = moduleRoutes();
      this.#answer = answersOf(this.#app);
    }
    return this.#app;
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response);
  }
}

/** Answers also what the routes leave unanswered. */
function answersOf(routes: Express): RequestListener {
  const app = moduleRoutes();
  app.use(routes);
  app.use((_request, response) => sendNotFound(response));
  // Express recognises an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => sendFailure(error, request, response));
  return app;
}

/** The path of the route of Express that answered, as it was defined. */
export function routeOf(request: IncomingMessage): string | undefined {
  const path: unknown = Reflect.get(Object(Reflect.get(request, 'route')), 'path');
  return typeof path === 'string' ? path : undefined;
}
