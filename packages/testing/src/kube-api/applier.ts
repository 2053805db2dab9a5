import type { ApiConnection } from './connection.ts';
import { type ApiResources, pathOf } from './resources.ts';

/** An object of a test; one without a name is refused by `kubectl`. */
interface Applied {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
}

/** Field manager of the objects of a test. */
export const FIELD_MANAGER = 'test';

const QUERY = `?fieldManager=${FIELD_MANAGER}&force=true&fieldValidation=Strict`;

/** Applies objects on the server's side, as `kubectl apply --server-side --force-conflicts` does, without its process. */
export class ApiApplier {
  readonly #connection: ApiConnection;
  readonly #resources: ApiResources;

  constructor(connection: ApiConnection, resources: ApiResources) {
    this.#connection = connection;
    this.#resources = resources;
  }

  /**
   * Applies the objects in their order.
   *
   * @param options.isDryRun whether the API server only checks them.
   * @returns those from the first one that the API server refused or does not know.
   */
  async apply(objects: readonly object[], { isDryRun = false }: { readonly isDryRun?: boolean } = {}): Promise<readonly object[]> {
    const query = isDryRun ? `${QUERY}&dryRun=All` : QUERY;
    for (const [index, object] of objects.entries()) {
      if (!(await this.#applied(object, query))) return objects.slice(index);
    }
    return [];
  }

  async #applied(object: Applied, query: string): Promise<boolean> {
    const { apiVersion, kind, metadata: { name, namespace = 'default' } = {} } = object;
    if (apiVersion === undefined || kind === undefined || name === undefined) return false;
    const resource = await this.#resources.find((each) => each.apiVersion === apiVersion && each.kind === kind);
    if (resource === undefined) return false;
    const answer = await this.#connection.send(pathOf(resource, { name, namespace }) + query, {
      method: 'PATCH',
      contentType: 'application/apply-patch+yaml',
      body: JSON.stringify(object),
    });
    return answer?.code === 200 || answer?.code === 201;
  }
}
