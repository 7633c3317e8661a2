import { timingSafeEqual } from 'node:crypto';

/** Whether two texts are the same; takes the same time whichever character differs. */
export function constantEquals(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
