import { CUSTOMERS, ORDERS } from './seed.ts';

export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly country: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface OrderItem {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPriceCents: number;
}

export const ORDER_STATUSES = ['open', 'paid', 'shipped', 'cancelled'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export interface Order {
  readonly id: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly items: readonly OrderItem[];
  readonly totalCents: number;
  /** RFC 3339. */
  readonly createdAt: string;
}

export type OrderDraft = Pick<Order, 'customerId' | 'status' | 'items'>;
export type CustomerDraft = Pick<Customer, 'name' | 'email' | 'country'>;

/** The API's data, in memory: seeded at start, bounded, gone at the end. */
export class Store {
  readonly customers = new Map<string, Customer>(CUSTOMERS.map((customer) => [customer.id, customer]));
  readonly orders = new Map<string, Order>(ORDERS.map((order) => [order.id, order]));
  /** Webhook deliveries taken so far. */
  deliveries = 0;

  #nextCustomer = 1 + CUSTOMERS.length;
  #nextOrder = 1001 + ORDERS.length;

  addCustomer(draft: CustomerDraft): Customer {
    const customer = { id: `cus_${this.#nextCustomer++}`, ...draft, createdAt: new Date().toISOString() };
    return keep(this.customers, customer);
  }

  addOrder(draft: OrderDraft): Order {
    const facts = { totalCents: totalCents(draft.items), createdAt: new Date().toISOString() };
    return keep(this.orders, { id: `ord_${this.#nextOrder++}`, ...draft, ...facts });
  }

  replaceOrder(order: Order, draft: OrderDraft): Order {
    return keep(this.orders, { ...order, ...draft, totalCents: totalCents(draft.items) });
  }
}

const MOST_RECORDS = 10_000;

/** Adds or replaces a record; the oldest one makes room where there are too many. */
function keep<T extends { readonly id: string }>(records: Map<string, T>, record: T): T {
  records.set(record.id, record);
  if (records.size > MOST_RECORDS) records.delete(records.keys().next().value!);
  return record;
}

function totalCents(items: readonly OrderItem[]): number {
  return items.reduce((sum, item) => sum + item.quantity * item.unitPriceCents, 0);
}
