import { describe, expect, it } from 'vitest';
import { archiveKey, backupPrefix, formerBackupPrefix, parsedArchiveKey, sidecarKey } from './backup-key.ts';

const owner = { namespace: 'chat', moduleName: 'seen' };

describe('keys of backups', () => {
  it.each([
    [undefined, 'chat/seen/'],
    ['', 'chat/seen/'],
    ['/', 'chat/seen/'],
    ['team', 'team/chat/seen/'],
    ['//team/bots//', 'team/bots/chat/seen/'],
  ])('with the prefix %j begin with %s', (prefix, beginning) => {
    expect(backupPrefix(prefix, owner)).toBe(beginning);
  });

  it('of former releases had no slash after the prefix', () => {
    expect(formerBackupPrefix('team', owner)).toBe('teamchat/seen/');
    expect(formerBackupPrefix('/team/', owner)).toBe('team/chat/seen/');
    expect(formerBackupPrefix(undefined, owner)).toBe('chat/seen/');
  });

  it('say by their ending how the archive is compressed', () => {
    expect(archiveKey('chat/seen/', 'id', 'gzip')).toBe('chat/seen/id.tar.gz');
    expect(archiveKey('chat/seen/', 'id', 'zstd')).toBe('chat/seen/id.tar.zst');
    expect(sidecarKey('chat/seen/', 'id')).toBe('chat/seen/id.json');
  });

  it('are read back, and what is no archive is not', () => {
    expect(parsedArchiveKey('chat/seen/id.tar.gz', 'chat/seen/')).toEqual({ id: 'id', compression: 'gzip' });
    expect(parsedArchiveKey('chat/seen/id.tar.zst', 'chat/seen/')).toEqual({ id: 'id', compression: 'zstd' });
    for (const other of ['chat/seen/id.json', 'chat/seen/.tar.gz', 'chat/seen/x/id.tar.gz', 'chat/seen2/id.tar.gz']) {
      expect(parsedArchiveKey(other, 'chat/seen/')).toBeUndefined();
    }
  });
});
