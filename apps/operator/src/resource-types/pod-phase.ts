import type { Pod } from './kubernetes.ts';

/** Whether all containers of a pod have ended for good: it uses no volume any more, and serves nothing. */
export const hasPodEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
