import type { Bytes } from '../bytes.ts';
import type { NamedValues } from '../variables/named-values.ts';

/** Which part of a request a body processor fills, and with what. */
export interface BodyReader {
  /** Reads about `bytes` more; true when it is through, or has given up. */
  step(bytes: number): boolean;
  /** Arguments as far as they were read. */
  readonly values: NamedValues;
  /** Why it gave up, in the words of ModSecurity; '' while it has not. */
  readonly error: Bytes;
}

/** What bounds and directs a body processor. */
export interface BodyOptions {
  /** The field `Content-Type`; '' where there is none. */
  readonly contentType: Bytes;
  readonly argumentSeparator: Bytes;
  /** How many arguments there may be. */
  readonly argumentsLimit: number;
  readonly jsonDepthLimit: number;
}

/** What stands in `REQBODY_ERROR_MSG` when there are more arguments than may be. */
export const TOO_MANY_ARGUMENTS = 'SecArgumentsLimit exceeded';
