import type express from 'express';
import type * as nodeHttp from 'node:http';

/** Node's HTTP. Imported by an ES module, it would also load Node's fetch and HTTP/2 (8 MB, 20 ms). */
export declare const http: typeof nodeHttp;

/** Express, loaded at the first call: most modules have no routes of their own. */
export declare function loadExpress(): typeof express;
