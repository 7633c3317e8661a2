import { z } from 'zod';
import type { Operation } from './operation.ts';

const JSON_MEDIA = 'application/json';

/** Fills in what most operations share: a token, no input, JSON with 200. */
export const common = {
  access: 'token',
  media: JSON_MEDIA,
  status: 200,
  params: z.strictObject({}),
  query: z.strictObject({}),
  body: z.undefined('this operation takes no body'),
} as const;

/** Keeps the types of an operation's schemas. */
export function operation<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  row: Operation<P, Q, B, R>,
): Operation<P, Q, B, R> {
  return row;
}
