import { describe } from 'vitest';
import { latestCases } from './prune/latest-cases.ts';
import { removalCases } from './prune/removal-cases.ts';
import { useStoredBackups } from './prune/stored-backups.ts';
import { useFaultyStore } from './use-faulty-store.ts';

describe('prune', () => {
  const world = useFaultyStore();
  const backups = useStoredBackups(world);

  latestCases(world, backups);
  removalCases(world, backups);
});
