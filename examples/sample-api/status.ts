import { ApiError, type Exchange } from './exchange.ts';
import { sendJson } from './reply.ts';

/** GET /public/status: what anybody may know. */
export function readStatus({ response, store }: Exchange): void {
  sendJson(response, 200, { status: 'ok', orders: store.orders.size, customers: store.customers.size });
}

/** GET /healthz. */
export function readHealth({ response }: Exchange): void {
  sendJson(response, 200, { status: 'ok' });
}

/** GET /events?count=&intervalMs=: server-sent events, `count` of them. */
export function streamEvents({ response, query }: Exchange): void {
  const count = wholeParameter(query, 'count', 3, 1000);
  const intervalMs = wholeParameter(query, 'intervalMs', 100, 10_000);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  let sent = 0;
  const send = () => {
    sent += 1;
    response.write(`id: ${sent}\nevent: tick\ndata: ${JSON.stringify({ tick: sent, of: count })}\n\n`);
    if (sent === count) response.end();
    else timer = setTimeout(send, intervalMs);
  };
  let timer = setTimeout(send, 0);
  response.on('close', () => clearTimeout(timer));
}

function wholeParameter(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const value = Number(query.get(name) ?? fallback);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new ApiError(400, 'invalid_query', `${name}: a whole number from 1 to ${most}.`);
  }
  return value;
}
