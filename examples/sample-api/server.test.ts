import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEMO_ACCOUNT } from './login.ts';
import { JSON_LIMIT_BYTES } from './read-json.ts';
import { ROUTES } from './routes.ts';
import { type SampleApi, startSampleApi } from './server.ts';

let api: SampleApi;
beforeAll(async () => {
  api = await startSampleApi({ port: 0 });
});
afterAll(() => api.close());

const ORDER = { customerId: 'cus_1', items: [{ sku: 'lamp-brass', quantity: 2, unitPriceCents: 8950 }] };

function call(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${api.port}${path}`, init);
}

function send(method: string, path: string, value: unknown): Promise<Response> {
  const body = typeof value === 'string' ? value : JSON.stringify(value);
  return call(path, { method, body, headers: { 'Content-Type': 'application/json' } });
}

describe('reading', () => {
  test.each([
    ['/healthz', { status: 'ok' }],
    ['/api/v1/public/status', { status: 'ok' }],
    ['/api/v1/orders', { count: expect.any(Number) }],
    ['/api/v1/orders?status=cancelled', { count: 1 }],
    ['/api/v1/orders/ord_1003', { customerId: 'cus_2', totalCents: 54750 }],
    ['/api/v1/customers', { count: expect.any(Number) }],
    ['/api/v1/customers/cus_3', { name: "Aoife O'Brien" }],
    ['/api/v1/search?q=KAHVE', { customers: [expect.objectContaining({ id: 'cus_4' })] }],
    ['/api/v1/search?q=ink-black', { orders: [expect.objectContaining({ id: 'ord_1006' })] }],
  ])('%s', async (path, expected) => {
    const response = await call(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toMatchObject(expected);
  });

  test('says what it is built with, as backends do', async () => {
    const { headers } = await call('/healthz', { method: 'HEAD' });
    expect(headers.get('server')).toBe('sample-api/1.0');
    expect(headers.get('x-powered-by')).toMatch(/^Node\.js /);
  });

  test('/export is CSV with a line per order', async () => {
    const response = await call('/api/v1/export');
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await response.text()).trimEnd().split('\r\n');
    expect(lines[0]).toBe('id,customer,status,total_cents,created_at');
    expect(lines).toContain('ord_1005,"Aoife O\'Brien",cancelled,20800,2025-05-23T17:03:00Z');
  });

  test('/events ends after as many events as asked for', async () => {
    const response = await call('/api/v1/events?count=4&intervalMs=1');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = (await response.text()).trimEnd().split('\n\n');
    expect(events).toHaveLength(4);
    expect(events[3]).toBe('id: 4\nevent: tick\ndata: {"tick":4,"of":4}');
  });
});

describe('writing', () => {
  test('an order is created, replaced and deleted', async () => {
    const created = await send('POST', '/api/v1/orders', ORDER);
    const order = (await created.json()) as { id: string; totalCents: number };
    const path = `/api/v1/orders/${order.id}`;
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(path);
    expect(order.totalCents).toBe(17900);
    const replaced = await send('PUT', path, { ...ORDER, status: 'paid' });
    expect(replaced.status).toBe(200);
    expect(await (await call(path)).json()).toMatchObject({ id: order.id, status: 'paid' });
    expect((await call(path, { method: 'DELETE' })).status).toBe(204);
    expect((await call(path)).status).toBe(404);
  });

  test('a customer is created', async () => {
    const customer = { name: 'Tomás Prado', email: 'tomas@prado.example', country: 'PT' };
    const created = await send('POST', '/api/v1/customers', customer);
    expect(created.status).toBe(201);
    expect(await (await call(created.headers.get('location')!)).json()).toMatchObject(customer);
  });

  test('an upload is streamed, counted and hashed', async () => {
    const body = Buffer.alloc(3_000_000, 'portcullis');
    const response = await call('/api/v1/upload', { method: 'POST', body });
    expect(response.status).toBe(201);
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(await response.json()).toEqual({ size: body.length, sha256 });
  });

  test('a webhook is taken', async () => {
    const response = await send('POST', '/api/v1/webhook', { event: 'payment.settled', orderId: 'ord_1006' });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ received: true });
  });

  test('login succeeds, and fails with one answer', async () => {
    expect((await send('POST', '/api/v1/auth/login', DEMO_ACCOUNT)).status).toBe(200);
    const wrongUser = await send('POST', '/api/v1/auth/login', { ...DEMO_ACCOUNT, username: 'root' });
    const wrongPassword = await send('POST', '/api/v1/auth/login', { ...DEMO_ACCOUNT, password: 'x' });
    expect(wrongUser.status).toBe(401);
    expect(wrongPassword.status).toBe(401);
    expect(await wrongUser.text()).toBe(await wrongPassword.text());
  });
});

describe('refusing', () => {
  test.each([
    ['GET', '/nothing', undefined, 404, 'not_found'],
    ['GET', '/api/v1/orders/ord_9', undefined, 404, 'not_found'],
    ['GET', '/api/v1/orders/%ff', undefined, 404, 'not_found'],
    ['DELETE', '/api/v1/customers/cus_1', undefined, 405, 'method_not_allowed'],
    ['GET', '/api/v1/search', undefined, 400, 'invalid_query'],
    ['GET', '/api/v1/events?count=0', undefined, 400, 'invalid_query'],
    ['POST', '/api/v1/orders', '{"customerId":', 400, 'bad_json'],
    ['POST', '/api/v1/orders', '[]', 400, 'bad_json'],
    ['POST', '/api/v1/orders', '{"customerId":"cus_1","items":[null]}', 400, 'invalid_order'],
    ['POST', '/api/v1/orders', '{"customerId":"cus_0","items":[]}', 400, 'invalid_order'],
    ['POST', '/api/v1/customers', '{"name":"A"}', 400, 'invalid_customer'],
    ['POST', '/api/v1/auth/login', '{"username":1}', 400, 'invalid_login'],
    ['POST', '/api/v1/webhook', '{}', 400, 'invalid_event'],
    ['POST', '/api/v1/webhook', `{"event":"${'x'.repeat(JSON_LIMIT_BYTES)}"}`, 413, 'payload_too_large'],
  ])('%s %s (row %#)', async (method, path, body, status, error) => {
    const response = await (body === undefined ? call(path, { method }) : send(method, path, body));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error, message: expect.any(String) });
  });

  test('a chunked body that grows too long is a 413', async () => {
    const body = new Blob(['{"event":"', 'x'.repeat(JSON_LIMIT_BYTES), '"}']).stream();
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
    expect((await call('/api/v1/webhook', init)).status).toBe(413);
  });

  test('a body that is not JSON is a 415', async () => {
    expect((await call('/api/v1/orders', { method: 'POST', body: 'hello' })).status).toBe(415);
  });

  test('405 and OPTIONS name the methods that work', async () => {
    const allow = 'GET, PUT, DELETE, HEAD, OPTIONS';
    expect((await call('/api/v1/orders/ord_1001', { method: 'PATCH' })).headers.get('allow')).toBe(allow);
    const options = await call('/api/v1/orders/ord_1001', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow]);
  });
});

test('openapi.yaml describes every route and no other', () => {
  const document = parse(readFileSync(new URL('./openapi.yaml', import.meta.url), 'utf8'));
  const described = Object.entries(document.paths as Record<string, object>).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((key) => key !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
});
