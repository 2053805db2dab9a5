import { errorText, isForbidden, isNotFound } from '../errors.ts';
import type { ResourceType } from '../objects/resource-type.ts';

/** Why objects of a type cannot be listed or watched, and what helps. */
export function watchProblem({ apiVersion, kind, plural }: ResourceType, error: unknown): string {
  if (isNotFound(error)) {
    return `The API server does not know ${kind} (${apiVersion}): install its CustomResourceDefinition (chart crds). Waiting for it.`;
  }
  if (isForbidden(error)) {
    const { message } = error as Error;
    return `Permissions are missing: ${message}. Grant list and watch in the operator's Role. Trying again.`;
  }
  return `cannot list or watch ${plural}, trying again: ${errorText(error)}`;
}

/** Why there are no objects of an optional type. */
export const absenceProblem = ({ apiVersion, kind, plural }: ResourceType, error: unknown): string =>
  isForbidden(error)
    ? `the operator lacks permissions for ${plural}, which its Role should grant: ${errorText(error)}`
    : `the API server does not know ${kind} (${apiVersion}): its CustomResourceDefinition is not installed`;
