import { describe, expect, it } from 'vitest';
import { type LockAction, LockState, type LockMessage } from './lock-state.ts';

/** Replicas on a bus that delivers at once, or not at all. */
class World {
  now = 0;
  readonly replicas = new Map<string, LockState>();
  readonly cut = new Set<string>();

  add(...ids: readonly string[]): void {
    for (const id of ids) this.replicas.set(id, new LockState(id));
  }

  /** Advances the time in steps of 250 ms. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now += 250;
      for (const [id, replica] of this.replicas) this.do(id, replica.tick(this.now));
    }
  }

  do(id: string, actions: readonly LockAction[]): void {
    for (const action of actions) if ('send' in action) this.deliver({ id, kind: action.send });
  }

  deliver(message: LockMessage): void {
    if (this.cut.has(message.id)) return;
    this.replicas.get(message.id)?.sent(this.now);
    for (const [id, replica] of this.replicas) if (!this.cut.has(id)) this.do(id, replica.heard(message, this.now));
  }

  get holders(): string[] {
    return [...this.replicas].filter(([, replica]) => replica.held).map(([id]) => id);
  }
}

function world(...ids: readonly string[]): World {
  const made = new World();
  made.add(...ids);
  return made;
}

describe('LockState', () => {
  it('is held within a second by the only replica', () => {
    const one = world('a');
    one.pass(1_000);
    expect(one.holders).toEqual(['a']);
  });

  it('is held by one of several replicas that start at once', () => {
    const three = world('c', 'a', 'b');
    for (let n = 0; n < 40; n++) {
      three.pass(250);
      expect(three.holders.length).toBeLessThanOrEqual(1);
    }
    expect(three.holders).toEqual(['a']);
  });

  it('stays with its holder when others start, whatever their identity', () => {
    const two = world('b');
    two.pass(1_000);
    two.add('a');
    two.pass(20_000);
    expect(two.holders).toEqual(['b']);
  });

  it('is taken over within six seconds after its holder was killed', () => {
    const two = world('a', 'b');
    two.pass(2_000);
    two.replicas.delete('a');
    two.pass(6_000);
    expect(two.holders).toEqual(['b']);
  });

  it('is taken over within a second when it is released', () => {
    const two = world('a', 'b');
    two.pass(2_000);
    two.replicas.delete('a');
    two.deliver({ id: 'a', kind: 'release' });
    two.pass(1_000);
    expect(two.holders).toEqual(['b']);
  });

  it('is never held by two replicas while the holder is disconnected from the bus, and the other takes over', () => {
    const two = world('a', 'b');
    two.pass(3_000);
    two.cut.add('a');
    for (let n = 0; n < 40; n++) {
      two.pass(250);
      expect(two.holders.length).toBeLessThanOrEqual(1);
    }
    expect(two.holders).toEqual(['b']);
  });

  it('is kept by a holder without replicas while the bus is away', () => {
    const one = world('a');
    one.pass(1_000);
    one.cut.add('a');
    one.pass(600_000);
    expect(one.holders).toEqual(['a']);
  });

  it('is kept by its holder when the bus restarts for a moment', () => {
    const two = world('b');
    two.pass(1_000);
    two.add('a');
    two.pass(5_000);
    two.cut.add('a').add('b');
    two.pass(2_000);
    two.cut.clear();
    for (const id of ['a', 'b']) two.do(id, two.replicas.get(id)?.busIsBack(two.now) ?? []);
    two.pass(10_000);
    expect(two.holders).toEqual(['b']);
  });

  it('is released by one of two replicas that hold it after the bus was split', () => {
    const two = new World();
    two.add('a');
    two.pass(1_000);
    two.cut.add('a');
    two.add('b');
    two.pass(2_000);
    expect(two.holders).toEqual(['a', 'b']);
    two.cut.clear();
    two.pass(2_000);
    expect(two.holders).toEqual(['a']);
  });
});
