import { RequestError } from './request-error.ts';
import type { ModuleReference } from './schemas.ts';

/** Maximum length of a name in Kubernetes. */
const NAME_LIMIT = 253;

/**
 * The module that a body or a query names. Other fields are ignored.
 *
 * @throws RequestError 400 that names the field.
 * @example
 * moduleReference({ moduleName: 'echo' }); // { moduleName: 'echo' }
 */
export function moduleReference(given: unknown): ModuleReference {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new RequestError(400, 'Bad Request', 'send a JSON object such as {"moduleName": "echo"}');
  }
  const { moduleName, namespace } = given as { readonly moduleName?: unknown; readonly namespace?: unknown };
  if (!isName(moduleName)) throw new RequestError(400, 'Bad Request', 'moduleName must be the name of a module');
  if (namespace === undefined || namespace === null) return { moduleName };
  if (!isName(namespace)) throw new RequestError(400, 'Bad Request', 'namespace must be the name of a namespace, or be omitted');
  return { moduleName, namespace };
}

const isName = (given: unknown): given is string => typeof given === 'string' && given !== '' && given.length <= NAME_LIMIT;
