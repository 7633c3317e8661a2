import type { Bytes } from '../bytes.ts';
import { NamedValues } from '../variables/named-values.ts';
import type { BodyOptions, BodyReader } from './body-reader.ts';
import { JsonReader } from './json.ts';
import { MultipartReader } from './multipart.ts';
import { ArgumentReader } from './urlencoded.ts';
import { XmlReader } from './xml.ts';

type OpenBody = (body: Bytes, options: BodyOptions) => BodyReader;

/** Body processors by the names that `ctl:requestBodyProcessor` uses. */
export const BODY_PROCESSORS: ReadonlyMap<string, OpenBody> = new Map<string, OpenBody>([
  [
    'URLENCODED',
    (body, { argumentSeparator, argumentsLimit }) =>
      new ArgumentReader(body, argumentSeparator, argumentsLimit),
  ],
  ['JSON', (body, options) => new JsonReader(body, options)],
  ['XML', (body) => new XmlReader(body)],
  ['MULTIPART', (body, options) => new MultipartReader(body, options)],
]);

/** Starts to read a body; null where no processor is wanted. */
export function openBody(processor: Bytes, body: Bytes, options: BodyOptions): BodyReader | null {
  if (processor === '') return null;
  return BODY_PROCESSORS.get(processor)?.(body, options) ?? new UnknownBody(processor);
}

/** A body whose processor nobody knows: read by none, and an error. */
class UnknownBody implements BodyReader {
  readonly values: NamedValues = new NamedValues();
  readonly error: Bytes;

  constructor(processor: Bytes) {
    this.error = `Unknown request body processor: ${processor}`;
  }

  step(): boolean {
    return true;
  }
}
