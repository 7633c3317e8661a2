import { ApiError, type Exchange } from './exchange.ts';
import { sendJson } from './reply.ts';

const MOST_RESULTS = 20;

/** GET /search?q=: customers by name or e-mail, orders by id or SKU. */
export function search({ response, query, store }: Exchange): void {
  const needle = (query.get('q') ?? '').trim().toLowerCase();
  if (needle === '' || needle.length > 100)
    throw new ApiError(400, 'invalid_query', 'q: 1 to 100 characters.');
  const has = (text: string) => text.toLowerCase().includes(needle);
  const customers = [...store.customers.values()].filter(({ name, email }) => has(name) || has(email));
  const orders = [...store.orders.values()].filter(
    ({ id, items }) => has(id) || items.some(({ sku }) => has(sku)),
  );
  sendJson(response, 200, {
    query: needle,
    customers: customers.slice(0, MOST_RESULTS),
    orders: orders.slice(0, MOST_RESULTS),
  });
}
