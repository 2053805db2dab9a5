/**
 * Packages that were published without the text of their license, each with a package of the same repository that has it. The text counts
 * as long as both declare the same license.
 */
export const TEXT_FROM: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-http': '@aws-sdk/client-s3',
  '@aws-sdk/credential-provider-login': '@aws-sdk/client-s3',
  '@aws-sdk/nested-clients': '@aws-sdk/client-s3',
};

/** Packages whose package.json names no license, each with the SPDX identifier of the text that they contain. */
export const UNDECLARED: Readonly<Record<string, string>> = {
  'middleware-handler': 'MIT',
};
