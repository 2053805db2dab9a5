import type { Response } from 'express';

/** Signal that is aborted when the connection closes before the response was sent: the client disconnected. */
export function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client disconnected'));
  });
  return gone.signal;
}
