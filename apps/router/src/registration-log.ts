import type { Log } from '@eeveebot/libeevee';
import type { RegistrationKind, RegistrationOutcome } from '@eeveebot/libeevee/routing';

/**
 * Logs the outcome of a registration.
 *
 * @param given.module the module that registered it, if known.
 */
export function logRegistration(
  log: Log,
  outcome: RegistrationOutcome,
  { type, module }: { readonly type: RegistrationKind; readonly module: string | undefined },
): void {
  const { id, name, result, otherModule } = outcome;
  const kind = type === 'event' ? 'an event' : `a ${type}`;
  if (otherModule !== undefined) {
    log.warn(`two modules have ${kind} with the same id, so only one of them is called`, {
      ...{ name, id, module, otherModule },
      hint: 'give the one in the copied module a new id; if the module was renamed, ignore this',
    });
  } else if (result === 'refused') {
    log.error(`${kind} is rejected: it will not be called`, { name, id, reason: outcome.problems.join('; ') });
  } else if (result === 'replaced' && outcome.former !== name) {
    log.warn(`${kind} with another name has the same id and replaces it`, { name, former: outcome.former, id });
  } else if (result !== 'renewed') log.info(`${type} ${result}`, { name, id });
}
