/**
 * Routes of the HTTP API, one file per subject: Express request → scope of the token (`../auth.ts`) and reference to a module
 * (`../module-reference.ts`) → the operation that is passed in → its result as JSON. `health.ts`, `metrics.ts` and `openapi.ts` need no token.
 * No route reads the cache or the API server itself; a thrown RequestError becomes a response in `../failures.ts`.
 */
import { json, Router } from 'express';
import { tokenScope } from '../auth.ts';
import { goneSignal } from '../gone-signal.ts';
import { moduleReference } from '../module-reference.ts';
import type { ModuleRequest, Operations } from '../operations.ts';

const BODY_LIMIT_BYTES = 64 * 1024;

/** `POST /api/action/…`: actions on one module. */
export function actionRoutes({ restart, backupNow }: Pick<Operations, 'restart' | 'backupNow'>): Router {
  const router = Router();
  // Parsed as JSON regardless of its Content-Type, because no other format is possible.
  router.use(json({ limit: BODY_LIMIT_BYTES, type: () => true }));
  const action = (path: string, carryOut: (request: ModuleRequest) => Promise<object>) => {
    router.post(path, async (request, response) => {
      const reference = moduleReference(request.body);
      response.json(await carryOut({ ...reference, scope: tokenScope(response), signal: goneSignal(response) }));
    });
  };
  action('/restart-module', restart);
  action('/backup-now', backupNow);
  return router;
}
