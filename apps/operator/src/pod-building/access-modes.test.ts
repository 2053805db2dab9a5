import { describe, expect, it } from 'vitest';
import { botModule, volumeClaim } from '../../test/fixtures/bot-modules.ts';
import { isBoundToNode, ownAccessModes, type AccessModes } from './access-modes.ts';

describe('access modes of a module', () => {
  it('are those of the existing claim, and those of the spec before it exists', () => {
    const module = botModule({ persistentVolumeClaim: { accessModes: ['ReadWriteMany'] } });
    expect(ownAccessModes(module, undefined)).toEqual(['ReadWriteMany']);
    expect(ownAccessModes(module, { ...volumeClaim(), spec: { accessModes: ['ReadWriteOnce'] } })).toEqual(['ReadWriteOnce']);
    expect(ownAccessModes(botModule(), volumeClaim())).toBeUndefined();
  });

  it.each<[AccessModes | undefined, boolean]>([
    [['ReadWriteOnce'], true],
    [['ReadWriteOncePod'], true],
    [['ReadWriteMany'], false],
    [['ReadWriteOnce', 'ReadOnlyMany'], false],
    [undefined, false],
  ])('%j bind a volume to a node: %s', (modes, expected) => {
    expect(isBoundToNode(modes)).toBe(expected);
  });
});
