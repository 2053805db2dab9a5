import { errorCode } from '@eeveebot/contract';

const MOUNTED =
  'a file system is mounted inside the volume, or the volume is an overlay: unmount it, or restore into another folder and copy the data';

/** Fixes by the code of the system's error. */
const ADVICE: Readonly<Record<string, string>> = {
  EBUSY: MOUNTED,
  EPERM: 'an entry or its directory may be immutable or append-only: find it with lsattr, and remove the attribute with chattr -i -a',
  EXDEV: MOUNTED,
};

/** How to fix an error of the volume that prevents a restore from moving or removing its entries, after a colon; empty if not known. */
export function refusalAdvice(error: unknown): string {
  const advice = ADVICE[errorCode(error) ?? ''];
  return advice === undefined ? '' : `: ${advice}`;
}
