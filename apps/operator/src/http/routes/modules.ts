import { Router } from 'express';
import { tokenScope } from '../auth.ts';
import type { Operations } from '../operations.ts';

/** `GET /api/bot-modules`: all modules in the scope of the token. */
export function moduleRoutes({ modules }: Pick<Operations, 'modules'>): Router {
  const router = Router();
  router.get('/bot-modules', (_request, response) => {
    response.json(modules(tokenScope(response)));
  });
  return router;
}
