import { Router } from 'express';
import { tokenScope } from '../auth.ts';
import { goneSignal } from '../gone-signal.ts';
import { moduleReference } from '../module-reference.ts';
import type { Operations } from '../operations.ts';

/** `GET /api/backups?moduleName=…&namespace=…`: the backups of one module. */
export function backupRoutes({ backups }: Pick<Operations, 'backups'>): Router {
  const router = Router();
  router.get('/backups', async (request, response) => {
    const reference = moduleReference(request.query);
    response.json(await backups({ ...reference, scope: tokenScope(response), signal: goneSignal(response) }));
  });
  return router;
}
