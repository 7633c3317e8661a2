import { type RequestOptions, request } from 'node:https';

/** A client of one TLS port of this machine, whatever host a URL names. */
export interface TlsFetchOptions {
  /** Authorities to trust, as PEM text. */
  readonly ca: string;
  /** Certificate and key that the client shows, as PEM text. */
  readonly cert?: string;
  readonly key?: string;
  readonly localAddress?: string;
  /** Port to connect to instead of the URL's. */
  readonly port?: number;
}

type Init = { method?: string; headers?: ConstructorParameters<typeof Headers>[0]; body?: unknown };

/** A `fetch` that connects to this machine and verifies the certificate for the host that the URL names. */
export function tlsFetch(
  options: TlsFetchOptions,
): (url: string | URL | Request, init?: Init) => Promise<Response> {
  return (target, init = {}) => {
    const url = new URL(target instanceof Request ? target.url : target);
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    const body = init.body === undefined || init.body === null ? '' : String(init.body);
    if (body !== '') headers['content-length'] = String(Buffer.byteLength(body));
    return send(
      {
        ...options,
        host: '127.0.0.1',
        port: options.port ?? (url.port === '' ? 443 : Number(url.port)),
        servername: url.hostname,
        path: url.pathname + url.search,
        method: init.method ?? 'GET',
        headers: { ...headers, host: url.host },
        agent: false,
      },
      body,
    );
  };
}

function send(options: RequestOptions, body: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const headers = new Headers();
        for (let at = 0; at < answer.rawHeaders.length; at += 2)
          headers.append(answer.rawHeaders[at] as string, answer.rawHeaders[at + 1] as string);
        const status = answer.statusCode ?? 0;
        const text = Buffer.concat(chunks);
        const isBare = status === 204 || status === 304;
        resolve(new Response(isBare ? null : text, { status, headers }));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
