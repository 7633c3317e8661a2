import { Unavailable } from '../../core/errors.ts';

const MAX_BYTES = 64 * 1024;

/**
 * Sends a request to an OCSP responder and returns what it answers.
 *
 * Safety: at most 64 KiB, within the time, body included; redirects are refused.
 * Errors: throws Unavailable with a sentence that names the responder.
 */
export async function askResponder(url: string, request: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
      body: new Uint8Array(request),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Unavailable(
        'responder',
        `The OCSP responder ${url} answered with status ${response.status}.`,
      );
    }
    return await readBody(response, url);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    const { name, message, cause } = error as Error;
    const why = name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : message;
    const deeper = cause instanceof Error ? ` (${cause.message})` : '';
    const sentence = `The OCSP responder ${url} could not be asked: ${why}${deeper}.`;
    throw new Unavailable('responder', sentence, { cause: error });
  }
}

async function readBody(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new Unavailable(
        'responder',
        `The OCSP responder ${url} answered with more than ${MAX_BYTES} bytes.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
