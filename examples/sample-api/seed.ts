import type { Customer, Order } from './store.ts';

/** The customers every sample API starts with. */
export const CUSTOMERS: readonly Customer[] = [
  customer('cus_1', 'Hanna Lindqvist', 'hanna@lindqvist-interior.example', 'SE', '2025-02-11T09:14:00Z'),
  customer('cus_2', 'Marek Nowak', 'marek.nowak@nowak-rowery.example', 'PL', '2025-02-19T16:40:00Z'),
  customer('cus_3', "Aoife O'Brien", 'aoife@obrienbooks.example', 'IE', '2025-03-03T11:05:00Z'),
  customer('cus_4', 'Yusuf Demir', 'yusuf@demir-kahve.example', 'TR', '2025-03-27T07:52:00Z'),
  customer('cus_5', 'Chiara Ferrari', 'chiara.ferrari@officinaverde.example', 'IT', '2025-04-08T13:31:00Z'),
];

/** The orders every sample API starts with. */
export const ORDERS: readonly Order[] = [
  order('ord_1001', 'cus_1', 'shipped', 'desk-oak-160', 1, 64900, '2025-05-02T10:00:00Z'),
  order('ord_1002', 'cus_1', 'shipped', 'lamp-brass', 4, 8950, '2025-05-06T14:22:00Z'),
  order('ord_1003', 'cus_2', 'paid', 'bike-chain-11s', 25, 2190, '2025-05-11T08:17:00Z'),
  order('ord_1004', 'cus_2', 'open', 'brake-pads', 60, 1240, '2025-05-21T08:40:00Z'),
  order('ord_1005', 'cus_3', 'cancelled', 'paper-a4-80g', 40, 520, '2025-05-23T17:03:00Z'),
  order('ord_1006', 'cus_3', 'paid', 'ink-black', 12, 1890, '2025-05-30T09:45:00Z'),
  order('ord_1007', 'cus_4', 'shipped', 'beans-harrar-1kg', 30, 2650, '2025-06-03T06:58:00Z'),
  order('ord_1008', 'cus_4', 'paid', 'filter-v60-100', 50, 690, '2025-06-03T07:02:00Z'),
  order('ord_1009', 'cus_4', 'open', 'kettle-gooseneck', 3, 11900, '2025-06-14T12:12:00Z'),
  order('ord_1010', 'cus_5', 'paid', 'seed-basil', 200, 145, '2025-06-16T15:27:00Z'),
  order('ord_1011', 'cus_5', 'open', 'planter-terracotta', 18, 2475, '2025-06-20T10:39:00Z'),
  order('ord_1012', 'cus_1', 'open', 'chair-ash', 6, 18700, '2025-06-24T09:01:00Z'),
];

function customer(id: string, name: string, email: string, country: string, createdAt: string): Customer {
  return { id, name, email, country, createdAt };
}

function order(
  id: string,
  customerId: string,
  status: Order['status'],
  sku: string,
  quantity: number,
  unitPriceCents: number,
  createdAt: string,
): Order {
  const items = [{ sku, quantity, unitPriceCents }];
  return { id, customerId, status, items, totalCents: quantity * unitPriceCents, createdAt };
}
