import { S3_REGION } from '@eeveebot/contract';
import { Type, type Static } from 'typebox';
import { caBundle, type CaBundleInput } from './ca-bundle.ts';
import { commonStatus } from './conditions.ts';
import { count, rules, secretKeyReference, time } from './fields.ts';
import type { Input, ReadonlyDeep, Resource, ResourceInput } from './resource.ts';

const credential = (description: string) => Type.Object({ secretKeyRef: secretKeyReference('Key of a Secret.') }, { description });

export const S3_STORE_SPEC = Type.Object(
  {
    endpoint: Type.String({
      description: 'URL of the S3 server, http or https, such as https://s3.eu-central-1.amazonaws.com. Without the bucket.',
      maxLength: 1024,
      ...rules({
        rule: "isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != '' && !self.matches(r'[@?#\\s]')",
        message: 'must be an http:// or https:// URL, such as https://s3.example.com: without user, password, query or spaces',
      }),
    }),
    bucket: Type.String({
      description: 'Name of the bucket, which must exist.',
      maxLength: 255,
      ...rules({
        rule: "self.matches(r'^[a-zA-Z0-9][-a-zA-Z0-9._]+[a-zA-Z0-9]$')",
        message: "must be only the name of a bucket: three or more letters, digits, '-', '.' and '_'; put a folder in it into prefix",
      }),
    }),
    accessId: credential('The access key id.'),
    accessKey: credential('The secret access key.'),
    prefix: Type.Optional(
      Type.String({
        description: 'Folder in the bucket where the backups are stored. Default: the top of the bucket.',
        maxLength: 512,
        // Slashes before and after it do not count, as in the tool and in the operator (`prefixProblem`).
        ...rules({
          rule: "!self.matches(r'[^/]//+[^/]') && !self.matches(r'(^|/)[.][.]?(/|$)')",
          message:
            "must not have empty segments or the segments '.' and '..', such as in a//b or a/../b: some stores resolve them like paths",
        }),
      }),
    ),
    region: Type.String({
      description: 'Region that requests are signed for. Most servers other than AWS accept any region.',
      maxLength: 64,
      default: 'us-east-1',
      ...rules({
        rule: `self.matches(r'${S3_REGION.source}')`,
        message: "must be a region such as eu-central-1: letters, digits and '-'",
      }),
    }),
    pathStyle: Type.Boolean({
      description:
        'Whether the bucket is part of the path (https://host/bucket) instead of the host name. Most servers other than AWS require true.',
      default: false,
    }),
    signatureV2: Type.Boolean({
      description: 'Whether requests are signed with signature version 2, for old servers that support no other version.',
      default: false,
    }),
    caBundle: Type.Optional(
      caBundle("PEM certificates of the authorities to trust instead of the public ones when verifying the store's certificate."),
    ),
    connectionTestIntervalSeconds: count('Interval between connection tests, in seconds.', {
      minimum: 10,
      maximum: 86_400,
      default: 300,
    }),
  },
  { description: 'Location of the bucket and how to access it.' },
);

export const S3_STORE_STATUS = Type.Object(
  {
    ...commonStatus,
    lastConnectionTest: Type.Optional(
      Type.Object(
        {
          time: time('Time of the test.'),
          succeeded: Type.Boolean({ description: 'Whether the bucket could be listed.' }),
          latencyMs: Type.Optional(Type.Integer({ description: 'Duration of the test in milliseconds.', format: 'int64', minimum: 0 })),
          message: Type.Optional(
            Type.String({ description: 'Cause of the failure: name resolution, connection, TLS, permissions or bucket.' }),
          ),
        },
        {
          description:
            'The last connection test, which lists one key of the bucket. A test with the same outcome is recorded at most once per hour.',
        },
      ),
    ),
  },
  { description: 'Observed state, written by the operator.' },
);

type Spec = ReadonlyDeep<Static<typeof S3_STORE_SPEC>>;

/** Spec of an S3Store as stored: fields with a default in the schema are always present. */
export interface S3StoreSpec extends Spec {}

/** Spec of an S3Store as written. */
export interface S3StoreSpecInput extends Input<
  Omit<Spec, 'caBundle'>,
  'region' | 'pathStyle' | 'signatureV2' | 'connectionTestIntervalSeconds'
> {
  readonly caBundle?: CaBundleInput;
}

/** Status of an S3Store. */
export interface S3StoreStatus extends ReadonlyDeep<Static<typeof S3_STORE_STATUS>> {}

/** A bucket for backups, as the API server returns it. */
export interface S3Store extends Resource<'S3Store', S3StoreSpec, S3StoreStatus> {}

/** An S3Store as a user writes it. */
export interface S3StoreInput extends ResourceInput<'S3Store', S3StoreSpecInput> {}
