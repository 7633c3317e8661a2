import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A request to the endpoint. */
export interface AskedToken {
  readonly headers: IncomingMessage['headers'];
  readonly parameters: URLSearchParams;
}

export type Answerer = (asked: AskedToken, response: ServerResponse) => void;

/** An authorization server that answers what tokens are (RFC 7662). */
export interface IntrospectionEndpoint extends AsyncDisposable {
  readonly origin: string;
  readonly url: string;
  readonly asked: AskedToken[];
  /** How the next requests are answered. */
  answer: Answerer;
}

/** Answers with a status, a body and a type. */
export function replies(body: unknown, status = 200, type = 'application/json'): Answerer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': type, connection: 'keep-alive' });
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  };
}

/** Starts one on a free port of the loopback address, or on the one that is given. */
export async function startIntrospection(
  answer: Answerer = replies({ active: false }),
  port = 0,
): Promise<IntrospectionEndpoint> {
  const asked: AskedToken[] = [];
  const server = createServer((incoming, response) => {
    const { origin } = endpoint;
    if (incoming.url === '/.well-known/openid-configuration')
      return replies({ issuer: origin, introspection_endpoint: `${origin}/introspect` })(
        null as never,
        response,
      );
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const parameters = new URLSearchParams(Buffer.concat(chunks).toString());
      const request = { headers: incoming.headers, parameters };
      asked.push(request);
      endpoint.answer(request, response);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const endpoint: IntrospectionEndpoint = {
    origin,
    url: `${origin}/introspect`,
    asked,
    answer,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return endpoint;
}
