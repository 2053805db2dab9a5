import { UserError } from '../errors.ts';
import type { CallHandler } from './with-arguments.ts';
import type { MessageScope } from './message-scope.ts';
import type { ChannelAdmins } from './permissions/channel-admins.ts';
import type { Allow, AllowDeclaration } from './permissions/types.ts';
import { permissionOf, refusalOf } from './permissions/who-may.ts';

/** A call by a user who may not make it: answered by a notice, and counted as `refused`. */
export class RefusedError extends UserError {
  override readonly name = 'RefusedError';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, asNotice: true });
  }
}

/** For {@link withPermission}. */
export interface Guard<Config> {
  /** Name of the command in refusals. */
  readonly name: string;
  readonly allow: AllowDeclaration<Config>;
  readonly admins: ChannelAdmins;
}

async function isAdmin<Config>(scope: MessageScope<Config>, { name, admins }: Guard<Config>): Promise<boolean> {
  try {
    return await admins.isAdmin(scope);
  } catch (error) {
    scope.log.warn('a call was refused because the connector did not report whether the user is a channel admin', { command: name, error });
    throw new RefusedError(
      `${name} is only for channel admins, and the chat network does not currently report who is one: try again later`,
      {
        cause: error,
      },
    );
  }
}

/** A handler that runs only for users who are allowed to call it. The connector is asked only if nothing else decides. */
export function withPermission<Config>(guard: Guard<Config>, run: CallHandler<Config>): CallHandler<Config> {
  const { name, allow: declared } = guard;
  const refuse = (scope: MessageScope<Config>, allow: Allow): never => {
    throw new RefusedError(refusalOf(name, allow, scope));
  };
  return (scope) => {
    const allow = typeof declared === 'function' ? declared(scope.config) : declared;
    switch (permissionOf(allow, scope)) {
      case 'allowed':
        return run(scope);
      case 'refused':
        return refuse(scope, allow);
      case 'ask':
        return (async () => ((await isAdmin(scope, guard)) ? run(scope) : refuse(scope, allow)))();
    }
  };
}
