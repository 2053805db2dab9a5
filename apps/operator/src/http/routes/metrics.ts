import { Router } from 'express';

/** Where the metrics come from. */
export interface MetricsSource {
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** `GET /metrics` and, as older scrape configurations have it, `GET /api/metrics`: Prometheus text. */
export function metricsRoutes({ metrics }: MetricsSource): Router {
  const router = Router();
  router.get(['/metrics', '/api/metrics'], async (_request, response) => {
    const { contentType, text } = await metrics();
    response.type(contentType).send(text);
  });
  return router;
}
