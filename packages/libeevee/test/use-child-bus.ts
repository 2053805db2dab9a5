import { afterEach, beforeEach } from 'vitest';
import { killChildModules } from './child-module.ts';
import { TestBus } from './test-bus.ts';

/** A bus for the modules of one test, which run in processes of their own and are killed after it. */
export function useChildBus(): { readonly bus: TestBus } {
  let bus: TestBus;
  beforeEach(async () => {
    bus = await TestBus.start();
  });
  afterEach(async () => {
    await killChildModules();
    await bus[Symbol.asyncDispose]();
  });
  return {
    get bus() {
      return bus;
    },
  };
}
