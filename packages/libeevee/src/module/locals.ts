/**
 * Fields that the middleware of a module adds to `ctx.locals`. Declare them, so that handlers see their types.
 *
 * @example
 * declare module '@eeveebot/libeevee' {
 *   interface Locals {
 *     language?: string;
 *   }
 * }
 */
export interface Locals {}
