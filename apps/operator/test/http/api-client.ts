import { Compile } from 'typebox/schema';
import { Agent, request } from 'undici';
import { OPENAPI_DOCUMENT } from '../../src/http/openapi.ts';

/** A response of the HTTP API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Parsed body of a JSON response. */
  readonly json: unknown;
}

interface DocumentedAnswer {
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}
type Paths = Readonly<Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, DocumentedAnswer>> }>>>>;

let clients = 0;

/**
 * Client of the HTTP API with its own loopback address, and so its own rate limit, that checks each response against the OpenAPI document.
 */
export class ApiClient implements AsyncDisposable {
  /** Responses so far, such as `GET /api/health 200`. */
  readonly seen = new Set<string>();
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #agent: Agent;

  constructor(url: string, token?: string) {
    this.#url = url;
    this.#token = token;
    clients += 1;
    this.#agent = new Agent({ localAddress: `127.0.${2 + (clients >> 8)}.${clients & 255}` });
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<ApiAnswer> {
    return this.#ask('GET', path, { headers });
  }

  /** @param body text is sent verbatim. */
  post(path: string, body: object | string): Promise<ApiAnswer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.#ask('POST', path, { headers: { 'content-type': 'application/json' }, body: text });
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    given: { readonly headers: Readonly<Record<string, string>>; readonly body?: string },
  ): Promise<ApiAnswer> {
    const authorization = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    const { statusCode, headers, body } = await request(`${this.#url}${path}`, {
      method,
      dispatcher: this.#agent,
      ...given,
      headers: { ...authorization, ...given.headers },
    });
    const text = await body.text();
    const type = String(headers['content-type']).split(';')[0] ?? '';
    const json: unknown = type === 'application/json' ? JSON.parse(text) : undefined;
    const route = new URL(path, this.#url).pathname;
    assertDocumented({ method, route, status: statusCode, type, content: json ?? text });
    this.seen.add(`${method} ${route} ${statusCode}`);
    return { status: statusCode, headers, text, json };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.close();
  }
}

/** @throws Error that describes the difference between a response and the document. */
function assertDocumented(answer: {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly type: string;
  readonly content: unknown;
}): void {
  const { method, route, status, type, content } = answer;
  const operation = (OPENAPI_DOCUMENT.paths as unknown as Paths)[route]?.[method.toLowerCase()];
  if (operation === undefined && status === 404) return;
  const schema = operation?.responses[String(status)]?.content[type]?.schema;
  if (schema === undefined) throw new Error(`the document says nothing of ${type} with ${status} for ${method} ${route}`);
  const [isValid, errors] = Compile(resolved(schema) as object).Errors(content);
  if (!isValid) throw new Error(`${method} ${route} answered ${JSON.stringify(content)}: ${JSON.stringify(errors)}`);
}

/** A schema with its references resolved, in which undocumented properties are invalid: the document must be complete. */
function resolved(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(resolved);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) {
    const name = String(schema.$ref).replace('#/components/schemas/', '');
    return resolved((OPENAPI_DOCUMENT.components.schemas as Readonly<Record<string, object>>)[name]);
  }
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolved(value)]));
  return 'properties' in inner ? { ...inner, additionalProperties: false } : inner;
}

/** All responses in the document, such as `GET /api/health 200`. */
export const documentedAnswers = (): readonly string[] =>
  Object.entries(OPENAPI_DOCUMENT.paths as unknown as Paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
    ),
  );
