/** A request, as far as it decides with which others it is slow. */
export interface KindedRequest {
  readonly method: string;
  /** Path and query, from the server's root. */
  readonly path: string;
  /** The object, if it is sent. The path of a creation does not name it. */
  readonly body?: unknown;
}

/** Prefix of a group and version, a namespace with a resource behind it, the resource, a name, and a subresource. */
const PARTS = /^(\/api\/[^/]+|\/apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+(?=\/))?(\/[^/]+)(?:\/[^/]+)?(\/.*)?$/;

/**
 * The properties that a request shares with others. Nothing is computed before it is read, since that is necessary only while some requests are slow.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */
export class RequestKind {
  readonly #request: KindedRequest;
  #parts: { readonly kind: string; readonly collection: string } | undefined;
  #identity: string | undefined;

  constructor(request: KindedRequest) {
    this.#request = request;
  }

  /** Method and path, for messages. */
  get text(): string {
    return `${this.#request.method} ${this.#path}`;
  }

  get isRead(): boolean {
    return this.#request.method === 'GET';
  }

  /** The same for each attempt of one request. */
  get identity(): string {
    this.#identity ??= `${this.text} ${this.#createdName}`;
    return this.#identity;
  }

  /** The same for requests that differ only in their namespace and the name of their object. */
  get kind(): string {
    this.#parts ??= this.#partsOfPath();
    return this.#parts.kind;
  }

  /** The same for requests that differ only in the name of their object, such as `PATCH /apis/apps/v1/namespaces/a/deployments/scale`. */
  get collection(): string {
    this.#parts ??= this.#partsOfPath();
    return this.#parts.collection;
  }

  get #path(): string {
    return this.#request.path.split('?', 1)[0] ?? '';
  }

  get #createdName(): string {
    const object = this.#request.method === 'POST' ? this.#request.body : undefined;
    return (object as { readonly metadata?: { readonly name?: string } } | undefined)?.metadata?.name ?? '';
  }

  #partsOfPath(): { readonly kind: string; readonly collection: string } {
    const parts = PARTS.exec(this.#path);
    if (parts === null) return { kind: this.text, collection: this.text };
    const [, version = '', namespace = '', resource = '', subresource = ''] = parts;
    const { method } = this.#request;
    return {
      kind: `${method} ${version}${resource}${subresource}`,
      collection: `${method} ${version}${namespace}${resource}${subresource}`,
    };
  }
}
