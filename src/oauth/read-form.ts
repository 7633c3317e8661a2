import type { IncomingMessage } from 'node:http';

const MAX_BYTES = 64 * 1024;
const TYPE = /^application\/x-www-form-urlencoded(?:\s*;|$)/i;

/**
 * Reads the form of a POST; what is no form, or too long, is an empty one.
 *
 * Safety: of a name that comes twice, readers may take either; only the first counts here, for everybody.
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (!TYPE.test(request.headers['content-type'] ?? '')) return new URLSearchParams();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return new URLSearchParams();
    chunks.push(chunk);
  }
  const form = new URLSearchParams();
  // A question mark in front would be dropped, and with it the gateway would be shown another first field than is read here.
  for (const [name, value] of new URLSearchParams(`&${Buffer.concat(chunks).toString('utf8')}`)) {
    if (!form.has(name)) form.set(name, value);
  }
  return form;
}
