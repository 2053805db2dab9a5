import { defined } from '@eeveebot/contract';
import type { CommandRegistration, ReportedCommand } from '../chat/payloads.ts';
import type { Registered } from './registry.ts';

/** A command in the form in which routers report it. */
export function reportedCommand({ registration, regex, scopes }: Registered<CommandRegistration>): ReportedCommand {
  const { commandUUID, commandDisplayName, platform, network, instance, channel, user } = registration;
  const setAside = [regex, ...scopes.map(([, scope]) => scope)].find((pattern) => pattern?.setAside !== undefined)?.setAside;
  return {
    commandUUID,
    commandDisplayName,
    platformRegex: { source: platform },
    networkRegex: { source: network },
    instanceRegex: { source: instance },
    channelRegex: { source: channel },
    userRegex: { source: user },
    commandRegex: { source: registration.regex },
    platformPrefixAllowed: registration.platformPrefixAllowed,
    nickPrefixAllowed: registration.nickPrefixAllowed,
    ratelimit: registration.ratelimit,
    ...defined({ setAside }),
  };
}
