import { randomBytes } from 'node:crypto';

/** Makes ids that are unique across threads, restarts and nodes: time of start, randomness, a counter. */
export function requestIds(nowMs: number): () => string {
  const prefix = `${nowMs.toString(36)}-${randomBytes(6).toString('hex')}-`;
  let count = 0;
  return () => prefix + (count++).toString(36);
}
