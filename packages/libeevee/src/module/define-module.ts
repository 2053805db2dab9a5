import { ERROR_CODES, EeveeError } from '../errors.ts';
import type { ModuleContext } from './contexts.ts';
import type { InferredDefinition, ModuleDefinition } from './definition.ts';
import { definitionProblems } from './definition-problems.ts';
import { startModule } from './start.ts';

/** A module, ready to be started. */
export interface BotModule<Config, State = unknown> {
  readonly definition: ModuleDefinition<Config, State>;
  /**
   * Starts the module in this process, as the operator runs it: logo, system metrics, HTTP server, configuration with hot reload, NATS,
   * `onStart`, subscriptions, commands, help, broadcasts and stats, and a graceful shutdown on SIGTERM. Settles when all of them have
   * started.
   *
   * @throws EeveeError `EEVEE_CONFIG_INVALID` naming the fields, and the errors of `createNatsConnection`.
   */
  start(): Promise<ModuleContext<Config, State>>;
}

/**
 * Defines a module by its parts: a name, its configuration, commands with their help, broadcasts.
 *
 * Nothing runs until the module is started, so that a test can run it on its own bus (`@eeveebot/libeevee/testing`).
 *
 * @throws EeveeError `EEVEE_MODULE_INVALID` naming every invalid part.
 * @example
 * await defineModule({
 *   name: 'hello',
 *   version: '1.0.0',
 *   config: { greeting: 'Hello' },
 *   commands: [
 *     {
 *       commandDisplayName: 'hello',
 *       help: { descr: 'Greets by name' },
 *       args: [{ name: 'name', type: 'rest', description: 'Whom to greet' }],
 *       run: ({ args, config, reply }) => reply(`${config.greeting}, ${args.name}!`),
 *     },
 *   ],
 * }).start();
 */
export function defineModule<Config = Record<string, never>, State = undefined, const Args = readonly unknown[]>(
  inferred: InferredDefinition<Config, State, Args>,
): BotModule<Config, State> {
  // Differs only in what TypeScript infers from.
  const definition = inferred as ModuleDefinition<Config, State>;
  const problems = definitionProblems(definition);
  if (problems.length > 0) {
    throw new EeveeError(
      ERROR_CODES.moduleInvalid,
      `module ${String(Reflect.get(Object(definition), 'name'))} is not valid: ${problems.join('; ')}`,
    );
  }
  return { definition, start: () => startModule(definition) };
}
