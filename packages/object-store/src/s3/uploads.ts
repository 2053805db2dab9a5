import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import { defined } from '@eeveebot/contract';
import { unquotedEtag } from './etag.ts';
import { isAdvance, type UploadMarker } from './paging.ts';
import { abortable, isMissing, md5, type StoreRequests } from './store-requests.ts';
import type { PendingUpload, UploadedPart } from './store-types.ts';

/** Multipart uploads of one bucket. */
export class Uploads {
  readonly #requests: StoreRequests;

  constructor(requests: StoreRequests) {
    this.#requests = requests;
  }

  /** Starts a multipart upload. @returns its id. */
  async begin(key: string, { contentType, signal }: { contentType: string; signal?: AbortSignal }): Promise<string> {
    const { UploadId } = await this.#requests.send(
      { doing: `starting the upload of ${key}`, right: 's3:PutObject' },
      (options) =>
        this.#requests.client.send(
          new this.#requests.s3.CreateMultipartUploadCommand({
            Bucket: this.#requests.location.bucket,
            Key: key,
            ContentType: contentType,
          }),
          options,
        ),
      signal,
    );
    if (UploadId === undefined || UploadId === '') throw this.#requests.incomplete(`starting the upload of ${key}`, 'an upload id');
    return UploadId;
  }

  /** Uploads a part. @returns the argument for {@link Uploads.complete}. */
  async part(
    upload: { readonly key: string; readonly uploadId: string },
    part: { readonly partNumber: number; readonly body: Buffer; readonly signal?: AbortSignal },
  ): Promise<UploadedPart> {
    const { partNumber, body, signal } = part;
    const contentMd5 = md5(body);
    const { ETag } = await this.#requests.send(
      { doing: `uploading part ${partNumber} of ${upload.key}`, right: 's3:PutObject' },
      (options) =>
        this.#requests.client.send(
          new this.#requests.s3.UploadPartCommand({
            Bucket: this.#requests.location.bucket,
            Key: upload.key,
            UploadId: upload.uploadId,
            PartNumber: partNumber,
            Body: body,
            ContentLength: body.length,
            ContentMD5: contentMd5,
          }),
          options,
        ),
      signal,
    );
    if (ETag === undefined || ETag === '') throw this.#requests.incomplete(`uploading part ${partNumber} of ${upload.key}`, 'an ETag');
    // A proxy that modifies responses weakens ETags; the store expects the strong one.
    return { partNumber, etag: ETag.replace(/^W\//, '') };
  }

  /**
   * Combines uploaded parts into an object. Makes one attempt: after a lost response, the caller must check whether the object exists.
   * @returns its ETag.
   */
  async complete(
    upload: { readonly key: string; readonly uploadId: string },
    parts: readonly UploadedPart[],
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    return this.#requests.once({ doing: `completing the upload of ${upload.key}`, right: 's3:PutObject' }, async () => {
      const command = new this.#requests.s3.CompleteMultipartUploadCommand({
        Bucket: this.#requests.location.bucket,
        Key: upload.key,
        UploadId: upload.uploadId,
        MultipartUpload: { Parts: parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag })) },
      });
      return unquotedEtag((await this.#requests.client.send(command, abortable(signal))).ETag);
    });
  }

  /** Aborts an upload and removes its parts. A missing upload is not an error. */
  async abort({ key, uploadId }: { readonly key: string; readonly uploadId: string }): Promise<void> {
    try {
      await this.#requests.send(
        { doing: `aborting the upload of ${key}`, right: 's3:AbortMultipartUpload' },
        (options) =>
          this.#requests.client.send(
            new this.#requests.s3.AbortMultipartUploadCommand({ Bucket: this.#requests.location.bucket, Key: key, UploadId: uploadId }),
            options,
          ),
        undefined,
      );
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
  }

  /** Pending multipart uploads whose keys start with `prefix`. */
  async *pending(prefix: string, signal?: AbortSignal): AsyncGenerator<PendingUpload> {
    let marker: UploadMarker | undefined = {};
    while (marker !== undefined) {
      const from: typeof marker = marker;
      const page: ListMultipartUploadsCommandOutput = await this.#requests.send(
        { doing: `listing the uploads of ${prefix}`, right: 's3:ListBucketMultipartUploads' },
        (options) =>
          this.#requests.client.send(
            new this.#requests.s3.ListMultipartUploadsCommand({ Bucket: this.#requests.location.bucket, Prefix: prefix, ...from }),
            options,
          ),
        signal,
      );
      for (const { Key: key, UploadId: uploadId, Initiated: initiated } of page.Uploads ?? []) {
        // Some stores ignore the prefix; uploads of others must not be aborted.
        if (key?.startsWith(prefix) === true && uploadId !== undefined) yield { key, uploadId, ...defined({ initiated }) };
      }
      const next = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      if (page.IsTruncated === true && !isAdvance(from, next)) throw this.#requests.endless(`listing the uploads of ${prefix}`);
      marker = page.IsTruncated === true ? next : undefined;
    }
  }
}
