import { describe, expect, it } from 'vitest';
import { aclText, aclValue, modeWithoutAcl } from './acl.ts';

const TEXT = 'user::rwx,user:1001:r--,group::r-x,group:2002:-w-,mask::rwx,other::--x';

const value = (text: string): Buffer => aclValue(text) ?? Buffer.alloc(0);

describe('an access control list', () => {
  it('is converted to text and back', () => {
    expect(aclText(value(TEXT))).toBe(TEXT);
  });

  it('is parsed in the formats of other tools', () => {
    const written = 'o::--x\ng:staff:-w-:2002 # effective\nuser::rwx\nu:1001:r\ngroup::r-x,mask::rwx';
    expect(aclText(value(written))).toBe(TEXT);
  });

  it.each(['user:alice:rwx', 'user:4294967295:rwx', 'mask:1:rwx', 'everyone::rwx', 'user::', 'x'])('is rejected: %s', (text) => {
    expect(aclValue(text)).toBeUndefined();
  });

  it.each([Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(12), Buffer.from([2, 0, 0, 0, 1])])(
    'is undefined as text when malformed: %j',
    (malformed) => {
      expect(aclText(malformed)).toBeUndefined();
    },
  );

  it.each([
    ['the owning group keeps its permissions', 0o770, 'user::rwx,user:1:rwx,group::r-x,mask::rwx,other::---', 0o750],
    ['the owning group keeps the permissions allowed by the mask', 0o750, 'user::rwx,user:1:rwx,group::rwx,mask::r-x,other::---', 0o750],
    ['a denied user gets no permissions of group or others', 0o755, 'user::rwx,user:1:---,group::r-x,mask::r-x,other::r-x', 0o700],
    ['a denied group gets no permissions of others', 0o755, 'user::rwx,group::r-x,group:1:---,mask::r-x,other::r-x', 0o750],
    ['nothing changes without named users', 0o6754, 'user::rwx,group::r-x,other::r--', 0o6754],
  ])('that cannot be set is replaced by a mode in which %s', (_, mode, text, expected) => {
    expect(modeWithoutAcl(mode, value(text)).toString(8)).toBe(expected.toString(8));
  });

  it('that cannot be parsed leaves only the permissions of the owner', () => {
    expect(modeWithoutAcl(0o4775, Buffer.alloc(0))).toBe(0o4700);
  });
});
