import { expect, it } from 'vitest';
import { TextTree } from './text-tree.ts';

it('has values by texts in order', () => {
  const tree = new TextTree<number>();
  tree.set(['irc', '#a'], 1);
  tree.set(['irc', '#b'], 2);
  tree.set(['irc'], 3);
  tree.set(['irc', '#a'], 4);
  expect([tree.get(['irc', '#a']), tree.get(['irc', '#b']), tree.get(['irc'])]).toEqual([4, 2, 3]);
  for (const absent of [[], ['#a'], ['#a', 'irc'], ['irc', '#c'], ['irc', '#a', 'x'], ['constructor'], ['__proto__']]) {
    expect(tree.get(absent)).toBeUndefined();
  }
});

it('distinguishes texts that would be alike when joined', () => {
  const tree = new TextTree<number>();
  tree.set(['a', 'bc'], 1);
  tree.set(['ab', 'c'], 2);
  tree.set(['a\0b', 'c'], 3);
  expect([tree.get(['a', 'bc']), tree.get(['ab', 'c']), tree.get(['a\0b', 'c'])]).toEqual([1, 2, 3]);
});
