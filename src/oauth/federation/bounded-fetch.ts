const MAX_BYTES = 1_048_576;

interface FetchOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly redirect?: string;
  readonly signal?: AbortSignal;
}

/** Fetches from a provider; an answer of more than 1 MiB is a failure, and redirects are not followed. */
export async function boundedFetch(url: string, options: FetchOptions): Promise<Response> {
  const response = await fetch(url, { ...(options as RequestInit), redirect: 'manual' });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new TypeError('the answer is larger than 1 MiB');
    chunks.push(chunk);
  }
  const { status, headers } = response;
  return new Response(status === 204 || status === 304 ? null : Buffer.concat(chunks), { status, headers });
}
