import { Router } from 'express';
import { OPENAPI_DOCUMENT } from '../openapi.ts';

/** `GET /api/openapi.json`: the OpenAPI document of this API. */
export function openapiRoutes(): Router {
  const router = Router();
  router.get('/api/openapi.json', (_request, response) => {
    response.json(OPENAPI_DOCUMENT);
  });
  return router;
}
