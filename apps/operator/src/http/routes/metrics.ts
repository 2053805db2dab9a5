import { Router } from 'express';

/** Source of the metrics. */
export interface MetricsSource {
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** `GET /metrics` and, for older scrape configurations, `GET /api/metrics`: Prometheus text. */
export function metricsRoutes({ metrics }: MetricsSource): Router {
  const router = Router();
  router.get(['/metrics', '/api/metrics'], async (_request, response) => {
    const { contentType, text } = await metrics();
    response.type(contentType).send(text);
  });
  return router;
}
