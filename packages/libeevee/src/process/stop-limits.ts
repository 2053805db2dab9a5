import { MODULE_ENV } from '@eeveebot/contract';

/** Time limits of the parts of a stop, in milliseconds. */
export interface StopLimits {
  /** From the first signal to the exit. */
  readonly totalMs: number;
  /** For handling delivered messages and sending the last answers. */
  readonly drainMs: number;
}

/** Used when the limit of the pod is unknown. */
const DEFAULT_TOTAL_MS = 5_000;

/** Time after the drain in which handlers end, cleanups run and servers close. */
const AFTER_DRAIN_MS = 2_000;

/** Margin between the exit and the kubelet's SIGKILL. */
const BEFORE_KILL_MS = 1_000;

/**
 * The limits of a stop. They follow the limit of the pod if the operator passes it; otherwise a stop takes at most five seconds.
 *
 * @param graceSeconds `terminationGracePeriodSeconds` of the pod, as text.
 * @example
 * stopLimits('30'); // { totalMs: 29_000, drainMs: 27_000 }
 */
export function stopLimits(graceSeconds: string | undefined = process.env[MODULE_ENV.terminationGracePeriodSeconds]): StopLimits {
  const seconds = graceSeconds === undefined || graceSeconds.trim() === '' ? Number.NaN : Number(graceSeconds);
  const totalMs = Number.isFinite(seconds) && seconds >= 0 ? Math.max(seconds * 1_000 - BEFORE_KILL_MS, 500) : DEFAULT_TOTAL_MS;
  return { totalMs, drainMs: Math.max(totalMs - AFTER_DRAIN_MS, totalMs / 2) };
}
