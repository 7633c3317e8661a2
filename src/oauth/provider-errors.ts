import { errors } from 'oidc-provider';
import { Unavailable } from '../core/errors.ts';

/**
 * Turns a store that cannot be used into the answer that says so: 503 and not "your credentials are wrong".
 *
 * Safety: the client learns that it may come back, not what is broken.
 */
export function asProviderError(error: unknown): unknown {
  if (!(error instanceof Unavailable)) return error;
  const answer = new errors.TemporarilyUnavailable(
    'the authorization server cannot be used now, try again later',
    {
      cause: error,
    },
  );
  return Object.assign(answer, { status: 503, statusCode: 503, expose: true });
}

/** A client that asks too often: 429, which names no client and no limit of others. */
export function tooManyRequests(isPolling: boolean): Error {
  // RFC 8628, section 3.5: a device that polls understands this one.
  const answer = isPolling
    ? new errors.SlowDown()
    : new errors.TemporarilyUnavailable('too many requests of this client, try again later');
  return Object.assign(answer, { status: 429, statusCode: 429, expose: true });
}
