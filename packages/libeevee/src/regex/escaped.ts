/**
 * A regular expression that matches a text literally.
 *
 * @example
 * escaped('c++'); // 'c\\+\\+'
 */
export const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
