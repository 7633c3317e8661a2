import { z } from 'zod';
import { isToken } from '../../lib/http/fields.ts';

/** Name of a header field that carries a credential. */
export const headerName = z
  .string()
  .max(64)
  .refine(isToken, "A header name has letters, digits and !#$%&'*+-.^_`|~ only.");

/** What the configuration of every method has. */
export interface MethodBase {
  /** JSON pointer of the method, relative to the block. */
  readonly pointer: string;
}
