/** A place of the repository, and what its files may import. */
export interface Fence {
  /** Names the place in ARCHITECTURE.md; default: its globs. */
  readonly name?: string;
  /**
   * Globs of its files, relative to the root. `*` matches within a name, `**` across folders, `<kind>` one name that is the same
   * in `imports`. The first fence with a matching glob counts.
   */
  readonly files: readonly string[];
  /**
   * Imports that are allowed besides files of the place itself: globs of files, packages, `node:*`, or `npm:*` for every package
   * that is not part of this repository.
   */
  readonly imports: readonly string[];
  /** Refuses the process, the clock and random numbers: a pure file takes them as arguments. */
  readonly pure?: boolean;
  /** One reason that is not obvious, for ARCHITECTURE.md. */
  readonly why?: string;
}

/** Packages of this repository. */
export const CONTRACT = '@eeveebot/contract';
export const CRDS = '@eeveebot/crds';
export const STORE = '@eeveebot/object-store';
export const TESTING = '@eeveebot/testing';
export const LIBEEVEE = '@eeveebot/libeevee';
