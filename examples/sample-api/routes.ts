import { createCustomer, listCustomers, readCustomer } from './customers.ts';
import type { ApiRoute } from './exchange.ts';
import { login } from './login.ts';
import { createOrder, deleteOrder, listOrders, readOrder, replaceOrder } from './orders.ts';
import { search } from './search.ts';
import { readHealth, readStatus, streamEvents } from './status.ts';
import { exportOrders, receiveWebhook, upload } from './transfers.ts';

/** Everything the sample API answers. */
export const ROUTES: readonly ApiRoute[] = [
  { method: 'GET', path: '/healthz', handle: readHealth },
  { method: 'GET', path: '/api/v1/public/status', handle: readStatus },
  { method: 'GET', path: '/api/v1/orders', handle: listOrders },
  { method: 'POST', path: '/api/v1/orders', handle: createOrder },
  { method: 'GET', path: '/api/v1/orders/{id}', handle: readOrder },
  { method: 'PUT', path: '/api/v1/orders/{id}', handle: replaceOrder },
  { method: 'DELETE', path: '/api/v1/orders/{id}', handle: deleteOrder },
  { method: 'GET', path: '/api/v1/customers', handle: listCustomers },
  { method: 'POST', path: '/api/v1/customers', handle: createCustomer },
  { method: 'GET', path: '/api/v1/customers/{id}', handle: readCustomer },
  { method: 'GET', path: '/api/v1/search', handle: search },
  { method: 'POST', path: '/api/v1/auth/login', handle: login },
  { method: 'POST', path: '/api/v1/upload', handle: upload },
  { method: 'POST', path: '/api/v1/webhook', handle: receiveWebhook },
  { method: 'GET', path: '/api/v1/export', handle: exportOrders },
  { method: 'GET', path: '/api/v1/events', handle: streamEvents },
];

/** What the table says about a path: its id, and the route of each method; null where no row has the path. */
export function matchPath(path: string): { id: string; methods: Map<string, ApiRoute> } | null {
  let id = '';
  const methods = new Map<string, ApiRoute>();
  for (const row of ROWS) {
    const match = row.pattern.exec(path);
    if (match === null) continue;
    id = match[1] ?? '';
    methods.set(row.route.method, row.route);
  }
  return methods.size === 0 ? null : { id, methods };
}

const ROWS = ROUTES.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replace('{id}', '([A-Za-z0-9_-]{1,64})')}$`),
}));
