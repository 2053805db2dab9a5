import type { Response } from 'express';

/** Aborted when the connection closes before the answer was sent: nobody waits for it any more. */
export function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client has gone'));
  });
  return gone.signal;
}
