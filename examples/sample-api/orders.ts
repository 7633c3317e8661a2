import { ApiError, type Exchange } from './exchange.ts';
import { type JsonObject, readJsonObject } from './read-json.ts';
import { sendJson } from './reply.ts';
import { ORDER_STATUSES, type Order, type OrderDraft, type OrderItem, type OrderStatus } from './store.ts';

const MOST_ITEMS = 100;

/** GET /orders: all of them, or those of one status. */
export function listOrders({ response, query, store }: Exchange): void {
  const status = query.get('status');
  const orders = [...store.orders.values()].filter((order) => status === null || order.status === status);
  sendJson(response, 200, { orders, count: orders.length });
}

/** POST /orders. */
export async function createOrder({ request, response, store }: Exchange): Promise<void> {
  const order = store.addOrder(parseDraft(await readJsonObject(request), store.customers));
  sendJson(response, 201, order, { Location: `/api/v1/orders/${order.id}` });
}

/** GET /orders/{id}. */
export function readOrder(exchange: Exchange): void {
  sendJson(exchange.response, 200, getOrder(exchange));
}

/** PUT /orders/{id}: replaces customer, status and items. */
export async function replaceOrder(exchange: Exchange): Promise<void> {
  const order = getOrder(exchange);
  const draft = parseDraft(await readJsonObject(exchange.request), exchange.store.customers);
  sendJson(exchange.response, 200, exchange.store.replaceOrder(order, draft));
}

/** DELETE /orders/{id}. */
export function deleteOrder(exchange: Exchange): void {
  exchange.store.orders.delete(getOrder(exchange).id);
  exchange.response.writeHead(204).end();
}

function getOrder({ id, store }: Exchange): Order {
  const order = store.orders.get(id);
  if (order === undefined) throw new ApiError(404, 'not_found', 'There is no such order.');
  return order;
}

function parseDraft(value: JsonObject, customers: ReadonlyMap<string, unknown>): OrderDraft {
  const { customerId, items, status = 'open' } = value;
  if (typeof customerId !== 'string' || !customers.has(customerId))
    throw invalid('customerId: no such customer.');
  if (!ORDER_STATUSES.includes(status as OrderStatus))
    throw invalid(`status: one of ${ORDER_STATUSES.join(', ')}.`);
  if (!Array.isArray(items) || items.length === 0 || items.length > MOST_ITEMS) {
    throw invalid(`items: a list of 1 to ${MOST_ITEMS} items.`);
  }
  return { customerId, status: status as OrderStatus, items: items.map(parseItem) };
}

function parseItem(value: unknown, index: number): OrderItem {
  const { sku, quantity, unitPriceCents } = (value ?? {}) as JsonObject;
  if (typeof sku !== 'string' || !/^[a-z0-9-]{1,64}$/.test(sku))
    throw invalid(`items[${index}].sku: not a SKU.`);
  if (!isWhole(quantity, 1, 10_000)) throw invalid(`items[${index}].quantity: 1 to 10000.`);
  if (!isWhole(unitPriceCents, 0, 10_000_000))
    throw invalid(`items[${index}].unitPriceCents: 0 to 10000000.`);
  return { sku, quantity, unitPriceCents };
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function invalid(message: string): ApiError {
  return new ApiError(400, 'invalid_order', message);
}
