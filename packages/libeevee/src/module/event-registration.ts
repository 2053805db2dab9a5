import type { EventRegistrationOptions } from '../chat/events.ts';
import type { EventDefinition } from './definition.ts';
import { derivedUuid } from './derived-uuid.ts';

/**
 * Registration of a module's event with the router; omitted fields are derived from the names of the module and the event.
 *
 * @example
 * eventRegistrationOf('seen', { eventType: '^part$', run }); // { eventUUID: '…', eventDisplayName: 'seen ^part$', eventType: '^part$' }
 */
export function eventRegistrationOf(module: string, event: EventDefinition<never>): EventRegistrationOptions {
  const eventDisplayName = event.eventDisplayName ?? `${module} ${event.eventType ?? 'events'}`;
  return { ...event, eventDisplayName, eventUUID: event.eventUUID ?? derivedUuid(`eevee event\0${module}\0${eventDisplayName}`) };
}
