import { createHash } from 'node:crypto';
import type { Transformation } from '../transformation.ts';

/** The digest of a value, as its bytes. */
function digest(algorithm: 'md5' | 'sha1'): Transformation {
  return {
    apply: (value) => createHash(algorithm).update(value, 'latin1').digest('binary'),
    touches: null,
  };
}

/** Neither protects anything: rules compare with digests that others made. */
export const md5: Transformation = digest('md5');
export const sha1: Transformation = digest('sha1');
