import { Unavailable } from '../../core/errors.ts';
import type { IntrospectionServer } from '../../core/ports.ts';
import { checkJson } from '../../lib/text/json-depth.ts';
import { showClient } from './client-authentication.ts';

const MAX_BYTES = 64 * 1024;
const JSON_LIMITS = { maxDepth: 32 };
const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json(?:[ ;]|$)/i;

export type TokenClaims = Readonly<Record<string, unknown>>;

/** Fails with a sentence that names the endpoint. */
export function failure(endpoint: string, why: string, cause?: unknown): Unavailable {
  return new Unavailable('introspection', `The introspection endpoint ${endpoint} ${why}.`, { cause });
}

async function readBody(response: Response, endpoint: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw failure(endpoint, `answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads an answer (RFC 7662, section 2.2): strict JSON, and `active` is true or false. */
function parseAnswer(body: Buffer, endpoint: string): TokenClaims {
  if (!checkJson(body, JSON_LIMITS).ok) throw failure(endpoint, 'answered with something that is not JSON');
  const claims: unknown = JSON.parse(body.toString('utf8'));
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw failure(endpoint, 'answered with JSON that is no object');
  if (typeof (claims as TokenClaims).active !== 'boolean')
    throw failure(endpoint, 'answered without saying whether the token is `active`');
  return claims as TokenClaims;
}

function statusProblem(status: number): string {
  if (status === 401 || status === 403)
    return `refuses the client credentials of the gateway (status ${status})`;
  if (status >= 300 && status < 400) return `redirects (status ${status}), which is not followed`;
  return `answered with status ${status}`;
}

/** Whether a connection failed in a way that a kept one fails in when the server has closed it. */
function isConnectionLoss(error: unknown): boolean {
  const { cause } = Object(error) as { cause?: unknown };
  const { code } = Object(cause) as { code?: unknown };
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

function whyOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `did not answer within ${timeoutMs} ms`;
  return `could not be asked: ${cause instanceof Error ? cause.message : message}`;
}

/**
 * Asks an introspection endpoint about a token (RFC 7662).
 *
 * Safety: at most 64 KiB, within the time, body included; redirects are refused, because they would show the token to
 * somebody else. Sentences never hold the token or the credentials.
 * Errors: throws Unavailable for everything but an answer.
 */
export async function askServer(
  endpoint: string,
  { client, issuer, timeoutMs }: IntrospectionServer,
  token: string,
  nowMs: number,
): Promise<TokenClaims> {
  const shown = showClient(client, issuer || endpoint, nowMs);
  const parameters = { token, token_type_hint: 'access_token', ...shown.parameters };
  const request = {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      'user-agent': 'portcullis',
      ...shown.headers,
    },
    body: new URLSearchParams(parameters).toString(),
    signal: AbortSignal.timeout(timeoutMs),
  } as const;
  try {
    // A kept connection may have been closed while nobody looked; to ask twice does no harm.
    const response = await fetch(endpoint, request).catch((error: unknown) => {
      if (!isConnectionLoss(error)) throw error;
      return fetch(endpoint, request);
    });
    const type = response.headers.get('content-type') ?? '';
    if (response.status !== 200 || !JSON_TYPE.test(type)) {
      await response.body?.cancel().catch(() => {});
      const problem = response.status === 200 ? 'answered with another type than JSON' : null;
      throw failure(endpoint, problem ?? statusProblem(response.status));
    }
    return parseAnswer(await readBody(response, endpoint), endpoint);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    throw failure(endpoint, whyOf(error, timeoutMs), error);
  }
}
