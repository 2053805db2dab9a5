/** Path of a name in a directory; the empty path is the root. */
export const pathIn = (directory: Buffer, name: Buffer): Buffer =>
  directory.length === 0 ? name : Buffer.concat([directory, Buffer.from('/'), name]);
