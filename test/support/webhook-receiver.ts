import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message as it came in. */
export interface ReceivedMessage {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A receiver of webhooks on a free port. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly messages: readonly ReceivedMessage[];
  /** Status of the answers from now on; 0 answers never. */
  status: number;
}

export async function startReceiver(): Promise<WebhookReceiver> {
  const messages: ReceivedMessage[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      messages.push({ headers: request.headers, body: Buffer.concat(pieces).toString('utf8') });
      if (receiver.status !== 0) response.writeHead(receiver.status).end('thanks');
    });
    request.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    messages,
    status: 200,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
