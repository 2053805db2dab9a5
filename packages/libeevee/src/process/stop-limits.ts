import { MODULE_ENV } from '@eeveebot/contract';

/** How long the parts of a stop may take, in milliseconds. */
export interface StopLimits {
  /** From the first signal to the end. */
  readonly totalMs: number;
  /** For handling what was delivered and sending the last messages. */
  readonly drainMs: number;
}

/** Where nothing is known about the pod. */
const DEFAULT_TOTAL_MS = 5_000;

/** After the drain, handlers end, cleanups run and servers close. */
const AFTER_DRAIN_MS = 2_000;

/** The process is gone before the kubelet kills it. */
const BEFORE_KILL_MS = 1_000;

/**
 * The limits of a stop. Where the operator says how long the pod has, they follow it; else a stop takes five seconds at most.
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
