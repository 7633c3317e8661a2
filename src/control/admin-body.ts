import type { IncomingMessage } from 'node:http';
import { checkJson } from '../lib/text/json-depth.ts';
import { Problem } from './operation.ts';

const LIMIT_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;

const tooLarge = () => new Problem(413, 'content_too_large', 'The body is larger than 1 MiB.');

async function readBytes(request: IncomingMessage): Promise<Buffer | Problem> {
  if (Number(request.headers['content-length'] ?? 0) > LIMIT_BYTES) return tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > LIMIT_BYTES) return tooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function isJsonType(contentType: string | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
}

/** Reads the body of an admin request; undefined when there is none. */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request);
  if (bytes instanceof Problem) return bytes;
  if (bytes.length === 0) return undefined;
  if (!isJsonType(request.headers['content-type'])) {
    return new Problem(415, 'unsupported_media_type', 'Send the body as application/json.');
  }
  const checked = checkJson(bytes, { maxDepth: MAX_DEPTH });
  if (!checked.ok) {
    return new Problem(
      400,
      'invalid_json',
      `The body is not acceptable JSON: ${checked.problem} at byte ${checked.at}.`,
    );
  }
  return JSON.parse(bytes.toString('utf8'));
}
