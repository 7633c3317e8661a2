import { Unavailable } from '../../core/errors.ts';

const TIMEOUT_MS = 5000;
const MAX_BYTES = 256 * 1024;

async function readBody(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES)
      throw new Unavailable('issuer', `${url} answered with more than ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Fetches a small JSON document.
 *
 * Safety: at most 256 KiB, within 5 seconds, body included; redirects are refused, because they would lead past
 * the check of the address.
 * Errors: throws Unavailable with a sentence that names the address.
 */
export async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, {
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Unavailable('issuer', `${url} answered with status ${response.status}.`);
    }
    return await readBody(response, url);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    const { name, message, cause } = error as Error;
    const why = name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS / 1000} seconds` : message;
    const deeper = cause instanceof Error ? ` (${cause.message})` : '';
    throw new Unavailable('issuer', `${url} could not be fetched: ${why}${deeper}.`, { cause: error });
  }
}
