import type { StandardSchema } from '@eeveebot/libeevee';
import { type BlocklistEntry, DEFAULT_SETTINGS, intervalMs, readBlocklist } from '@eeveebot/libeevee/routing';

/** The settings in a configuration file. */
export interface RouterConfig {
  /** `undefined` when it is not a list: the previous value stays. */
  readonly blocklist: readonly BlocklistEntry[] | undefined;
  readonly cooldownMs: number;
  readonly maxQueued: number;
  /** Settings that cannot be used, by field. The others apply. */
  readonly problems: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const KNOWN = new Set(['blocklist', 'notificationCooldown', 'maxQueued']);

function cooldownOf(value: unknown, problems: string[]): number {
  if (value === undefined || value === null) return DEFAULT_SETTINGS.cooldownMs;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value * 1_000;
  if (typeof value === 'string' && /^\d+[smh]$/.test(value)) return intervalMs(value);
  problems.push('notificationCooldown must be a duration such as 15s or 1m');
  return DEFAULT_SETTINGS.cooldownMs;
}

function maxQueuedOf(value: unknown, problems: string[]): number {
  if (value === undefined || value === null) return DEFAULT_SETTINGS.maxQueued;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  problems.push('maxQueued must be a whole number, 0 for none');
  return DEFAULT_SETTINGS.maxQueued;
}

/**
 * The configuration in a file. `problems` names settings that cannot be used; the others apply: one invalid entry must not disable the
 * whole blocklist.
 */
export function readConfig(file: unknown): RouterConfig {
  const fields: Fields = typeof file === 'object' && file !== null ? (file as Fields) : {};
  const given = fields['blocklist'];
  const isList = given === undefined || given === null || Array.isArray(given);
  const { entries, problems } = readBlocklist(given);
  const found = [...problems];
  const cooldownMs = cooldownOf(fields['notificationCooldown'], found);
  const maxQueued = maxQueuedOf(fields['maxQueued'], found);
  for (const field of Object.keys(fields)) if (!KNOWN.has(field)) found.push(`${field} is not a setting of the router`);
  return { blocklist: isList ? entries : undefined, cooldownMs, maxQueued, problems: found };
}

/** {@link readConfig} for `defineModule`. */
export const routerConfig: StandardSchema<RouterConfig> = {
  '~standard': { version: 1, vendor: 'eevee', validate: (file) => ({ value: readConfig(file) }) },
};
