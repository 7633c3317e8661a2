import { createHash } from 'node:crypto';
import { ApiError, type Exchange } from './exchange.ts';
import { readJsonObject } from './read-json.ts';
import { sendJson } from './reply.ts';

/** The longest upload. Large, because the body is only counted and hashed on its way. */
const UPLOAD_LIMIT_BYTES = 2 * 1024 ** 3;

/** POST /upload: reads any body as a stream and answers its size and SHA-256. */
export async function upload({ request, response }: Exchange): Promise<void> {
  const tooLarge = () =>
    new ApiError(413, 'payload_too_large', `An upload may have ${UPLOAD_LIMIT_BYTES} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > UPLOAD_LIMIT_BYTES) throw tooLarge();
  const hash = createHash('sha256');
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= UPLOAD_LIMIT_BYTES) hash.update(chunk);
      else reject(tooLarge());
    });
    request.on('end', resolve);
    request.on('error', reject);
  });
  sendJson(response, 201, { size, sha256: hash.digest('hex') });
}

/** POST /webhook: takes a partner's event. */
export async function receiveWebhook({ request, response, store }: Exchange): Promise<void> {
  const { event } = await readJsonObject(request);
  if (typeof event !== 'string' || event === '') throw new ApiError(400, 'invalid_event', 'event: a name.');
  store.deliveries += 1;
  sendJson(response, 202, { received: true, delivery: store.deliveries });
}

/** GET /export: every order as CSV. */
export function exportOrders({ response, store }: Exchange): void {
  const lines = ['id,customer,status,total_cents,created_at'];
  for (const { id, customerId, status, totalCents, createdAt } of store.orders.values()) {
    const name = store.customers.get(customerId)?.name ?? customerId;
    lines.push([id, csvField(name), status, totalCents, createdAt].join(','));
  }
  response.writeHead(200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': 'attachment; filename="orders.csv"',
  });
  response.end(`${lines.join('\r\n')}\r\n`);
}

/** Quotes a field (RFC 4180); a leading formula character is disarmed for spreadsheets. */
function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
