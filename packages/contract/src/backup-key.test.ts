import { describe, expect, it } from 'vitest';
import { archiveKey, backupPrefix, formerBackupPrefix, parsedBackupKey, prefixProblem, recordKey } from './backup-key.ts';

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

  it('encode the compression of the archive in their extension', () => {
    expect(archiveKey('chat/seen/', 'id', 'gzip')).toBe('chat/seen/id.tar.gz');
    expect(archiveKey('chat/seen/', 'id', 'zstd')).toBe('chat/seen/id.tar.zst');
  });

  const id = '5b0e3f0a-7c1d-4c7e-9f55-0d8f6a2b1c3d';

  it('of records encode their kind', () => {
    for (const kind of ['sidecar', 'verified', 'failed', 'hold'] as const) {
      expect(parsedBackupKey(recordKey('chat/seen/', id, kind), 'chat/seen/')).toEqual({ id, kind });
    }
  });

  it('of archives are parsed back', () => {
    expect(parsedBackupKey(`chat/seen/${id}.tar.gz`, 'chat/seen/')).toEqual({ id, kind: 'archive', compression: 'gzip' });
    expect(parsedBackupKey(`chat/seen/${id}.tar.zst`, 'chat/seen/')).toEqual({ id, kind: 'archive', compression: 'zstd' });
  });

  it.each([
    'chat/seen/notes.tar.gz',
    'chat/seen/.tar.gz',
    'chat/seen/notes.json',
    `chat/seen/x/${id}.tar.gz`,
    `chat/seen2/${id}.tar.gz`,
    `chat/seen/${id}.tar.gz\n`,
    `chat/seen/${id}.tar`,
    `chat/seen/${id}x.tar.gz`,
    `chat/seen/old-${id}.tar.gz`,
  ])('%j is not the key of an object of the tool', (key) => {
    expect(parsedBackupKey(key, 'chat/seen/')).toBeUndefined();
  });

  it.each([undefined, '', '/', '//', 'team', '//team/bots//', 'team/...', '.team', 'a.b/c'])('may begin with the prefix %j', (prefix) => {
    expect(prefixProblem(prefix ?? '')).toBeUndefined();
  });

  it.each(['.', '..', './', '../other', 'team/./bots', 'team/../other', 'team//bots', 'team/..'])(
    'may not begin with the prefix %j',
    (prefix) => {
      expect(prefixProblem(prefix)).toBeDefined();
    },
  );
});
