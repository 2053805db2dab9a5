/** A comparison, and the required ratio between the speed of our program and that of its peer. */
interface Goal {
  readonly own: string;
  readonly peer: string;
  /** On two cores, and on one; undefined without a goal. */
  readonly times: number | undefined;
  readonly timesOnOneCore?: number;
}

const GOALS: readonly Goal[] = [
  { own: 'backup, gzip', peer: 'tar + s3cmd put', times: 2.5, timesOnOneCore: 1.25 },
  { own: 'backup, zstd', peer: 'tar + s3cmd put', times: 5 },
  { own: 'restore, our archive', peer: 's3cmd get + tar, our archive', times: 1.5 },
  { own: 'restore, our archive', peer: 's3cmd get + tar + sync, our archive', times: 1.5 },
  { own: "restore, tar's archive", peer: "s3cmd get + tar, tar's archive", times: 1.2 },
  { own: "restore, tar's archive", peer: "s3cmd get + tar + sync, tar's archive", times: 1.2 },
  { own: 'verify', peer: 's3cmd get | sha256sum, gzip | tar', times: 1 },
  { own: 'verify, zstd', peer: 's3cmd get | sha256sum, zstd | tar', times: 1 },
  { own: 'verify', peer: 's3cmd get', times: undefined },
  { own: 'verify, zstd', peer: 's3cmd get, zstd', times: undefined },
  { own: 'backup, gzip', peer: 'restic backup', times: undefined },
  { own: 'backup, zstd', peer: 'restic backup', times: undefined },
  { own: 'restore, our archive', peer: 'restic restore', times: undefined },
  { own: 'restore, our archive, zstd', peer: 'restic restore', times: undefined },
];

/** A line for each comparison. */
export function goalRows(secondsOf: (name: string) => number, { onOneCore }: { readonly onOneCore: boolean }): readonly string[] {
  return GOALS.map(({ own, peer, times, timesOnOneCore }) => {
    const goal = onOneCore ? timesOnOneCore : times;
    const ratio = secondsOf(peer) / secondsOf(own);
    return `  ${`${own} against ${peer}`.padEnd(66)} ${ratio.toFixed(2).padStart(5)} ×${goal === undefined ? '' : `  goal ${goal}: ${margin(ratio / goal)}`}`;
  });
}

/** Sizes of our archives as parts of tar's, with their goals. */
export function sizeRows({ tar, gzip, zstd }: Readonly<Record<'tar' | 'gzip' | 'zstd', number>>): readonly string[] {
  return [
    `  archive, gzip: ${gzip} bytes, ${(gzip / tar).toFixed(3)} of tar's (goal ≤ 1.01)`,
    `  archive, zstd: ${zstd} bytes, ${(zstd / tar).toFixed(3)} of tar's (goal ≤ 1.0)`,
  ];
}

const margin = (factor: number): string =>
  factor >= 1 ? `met by ${Math.round((factor - 1) * 100)} %` : `missed by ${Math.round((1 - factor) * 100)} %`;
