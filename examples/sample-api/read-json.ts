import type { IncomingMessage } from 'node:http';
import { ApiError } from './exchange.ts';

/** The longest JSON body this API reads. */
export const JSON_LIMIT_BYTES = 64 * 1024;

export type JsonObject = Record<string, unknown>;

/** Reads a JSON object from the request; anything else is a 400, 413 or 415. */
export async function readJsonObject(request: IncomingMessage): Promise<JsonObject> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new ApiError(415, 'unsupported_media_type', 'Send Content-Type: application/json.');
  }
  const text = (await readBody(request, JSON_LIMIT_BYTES)).toString('utf8');
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError(400, 'bad_json', 'The body must be a JSON object.');
  }
  return value as JsonObject;
}

/** Reads a whole body into memory, up to a limit. */
async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    new ApiError(413, 'payload_too_large', `The body may have ${limitBytes} bytes at most.`);
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop early destroys the socket before the 413 is out.
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else reject(tooLarge());
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 'bad_json', 'The body is not valid JSON.');
  }
}
