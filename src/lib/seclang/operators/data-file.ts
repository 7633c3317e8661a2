import type { Bytes } from '../bytes.ts';
import type { OperatorHost } from '../operator.ts';

/**
 * Contents of a file that an argument names.
 *
 * Errors: RangeError where there is none.
 */
export function readData(name: string, host: OperatorHost, ruleFile: string): Bytes {
  const contents = host.dataFile(name, ruleFile);
  if (contents === null) throw new RangeError(`The file "${name}" cannot be read.`);
  return contents;
}
