/**
 * Bytes as a string, one code unit of 0 to 255 for each (latin1).
 *
 * Rules match bytes, not characters: what arrives is turned into this once, and never decoded on the way to an operator.
 */
export type Bytes = string;
