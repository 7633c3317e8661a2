import type { Bytes } from '../bytes.ts';

/** A text that is being read: the document, or an entity in it. */
export interface XmlSource {
  readonly text: Bytes;
  at: number;
  /** Elements that were open when it began. */
  readonly depth: number;
  /** '' for the document. */
  readonly entity: Bytes;
}
