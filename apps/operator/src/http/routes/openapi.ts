import { Router } from 'express';
import { OPENAPI_DOCUMENT } from '../openapi.ts';

/** `GET /api/openapi.json`: what this API is. */
export function openapiRoutes(): Router {
  const router = Router();
  router.get('/api/openapi.json', (_request, response) => {
    response.json(OPENAPI_DOCUMENT);
  });
  return router;
}
