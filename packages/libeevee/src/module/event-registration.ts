import { createHash } from 'node:crypto';
import type { EventRegistrationOptions } from '../chat/events.ts';
import type { EventDefinition } from './definition.ts';

/** A UUID of version 8 derived from a name: equal in all replicas and after each restart. */
function uuidOf(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * Registration of a module's event with the router; omitted fields are derived from the names of the module and the event.
 *
 * @example
 * eventRegistrationOf('seen', { eventType: '^part$', run }); // { eventUUID: '…', eventDisplayName: 'seen ^part$', eventType: '^part$' }
 */
export function eventRegistrationOf(module: string, event: EventDefinition<never>): EventRegistrationOptions {
  const eventDisplayName = event.eventDisplayName ?? `${module} ${event.eventType ?? 'events'}`;
  return { ...event, eventDisplayName, eventUUID: event.eventUUID ?? uuidOf(`eevee event\0${module}\0${eventDisplayName}`) };
}
