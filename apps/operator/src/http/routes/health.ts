import { Router } from 'express';

/** Health and readiness of the operator. */
export interface HealthChecks {
  /** Why the operator should be restarted; `undefined` while it is alive. */
  readonly unhealthy: () => string | undefined;
  /** Why the operator is not ready; `undefined` once it is. */
  readonly unready: () => string | undefined;
  readonly now: () => Date;
}

/**
 * `GET /health` for a liveness probe, `GET /readyz` for a readiness probe: 200, or 503 with the reason.
 */
export function healthRoutes({ unhealthy, unready, now }: HealthChecks): Router {
  const router = Router();
  const answerRoute = (path: string, problem: () => string | undefined) => {
    router.get(path, (_request, response) => {
      const reason = problem();
      const timestamp = now().toISOString();
      if (reason === undefined) response.json({ status: 'ok', timestamp });
      else response.status(503).json({ status: 'unavailable', reason, timestamp });
    });
  };
  answerRoute('/health', unhealthy);
  answerRoute('/readyz', unready);
  return router;
}
