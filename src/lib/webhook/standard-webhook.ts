import { createHmac } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The key that a webhook secret stands for: base64 after `whsec_`, else the text itself; null when it is shorter than
 * 24 bytes or longer than 64.
 *
 * Source: Standard Webhooks 1.0.0, "Signature scheme".
 */
export function parseWebhookSecret(text: string): Buffer | null {
  const encoded = text.startsWith(SECRET_PREFIX) ? text.slice(SECRET_PREFIX.length) : null;
  if (encoded !== null && !BASE64.test(encoded)) return null;
  const key = encoded === null ? Buffer.from(text, 'utf8') : Buffer.from(encoded, 'base64');
  return key.length >= 24 && key.length <= 64 ? key : null;
}

/** The header fields that sign a message: id, time and `v1` signature over both and the body. */
export function signWebhook(
  key: Buffer,
  id: string,
  timestampS: number,
  body: string,
): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${id}.${timestampS}.${body}`, 'utf8').digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': `v1,${signature}`,
  };
}
