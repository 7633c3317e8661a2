import { trimBlanks } from '../http/fields.ts';

/** What a header field claims to be signed with; nothing of it is verified. */
export interface ClaimedSignatures {
  /** Each of 32 bytes. */
  readonly signatures: readonly Buffer[];
  /** Where the scheme puts the time into the same field; else ''. */
  readonly timestamp: string;
}

/** Reads the value of a signature field, or null for what has not the form of the scheme. */
export type ReadSignatures = (value: string) => ClaimedSignatures | null;

export type SignatureEncoding = 'hex' | 'base64';

/** More signatures than any rotation needs are a way to make the gateway work. */
const MAX_SIGNATURES = 16;
const MAX_FIELD_CHARS = 4096;
const HEX = /^[0-9A-Fa-f]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

function decodeSignature(text: string, encoding: SignatureEncoding): Buffer | null {
  return (encoding === 'hex' ? HEX : BASE64).test(text) ? Buffer.from(text, encoding) : null;
}

/** Decodes all, or none when one of them is no HMAC-SHA256, or there are none or too many. */
function decodeAll(texts: readonly string[], encoding: SignatureEncoding): readonly Buffer[] | null {
  if (texts.length === 0 || texts.length > MAX_SIGNATURES) return null;
  const decoded = texts.map((text) => decodeSignature(text, encoding));
  return decoded.includes(null) ? null : (decoded as Buffer[]);
}

/** One signature behind a fixed prefix, as GitHub and Slack write it. */
export function readPrefixed(prefix: string, encoding: SignatureEncoding): ReadSignatures {
  return (value) => {
    if (!value.startsWith(prefix)) return null;
    const signatures = decodeAll([value.slice(prefix.length)], encoding);
    return signatures === null ? null : { signatures, timestamp: '' };
  };
}

/**
 * Stripe's list of `t=` and `v1=`, of which `v1` may come several times; other versions prove nothing and are skipped.
 *
 * Source: Stripe documentation, "Verify webhook signatures manually".
 */
export function readStripe(value: string): ClaimedSignatures | null {
  if (value.length > MAX_FIELD_CHARS) return null;
  const items = value.split(',').map(trimBlanks);
  const valuesOf = (name: string) =>
    items.filter((item) => item.startsWith(name)).map((item) => item.slice(name.length));
  const [timestamp, ...others] = valuesOf('t=');
  const signatures = decodeAll(valuesOf('v1='), 'hex');
  if (timestamp === undefined || others.length > 0 || signatures === null) return null;
  return { signatures, timestamp };
}

/**
 * The list of Standard Webhooks: `v1,` and base64, with spaces between; other versions are skipped.
 *
 * Source: Standard Webhooks 1.0.0, "Webhook headers".
 */
export function readStandard(value: string): ClaimedSignatures | null {
  if (value.length > MAX_FIELD_CHARS) return null;
  const known = value.split(' ').filter((item) => item.startsWith('v1,'));
  const signatures = decodeAll(
    known.map((item) => item.slice('v1,'.length)),
    'base64',
  );
  return signatures === null ? null : { signatures, timestamp: '' };
}
