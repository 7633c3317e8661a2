import { ApiError, type Exchange } from './exchange.ts';
import { readJsonObject } from './read-json.ts';
import { sendJson } from './reply.ts';

/** GET /customers. */
export function listCustomers({ response, store }: Exchange): void {
  const customers = [...store.customers.values()];
  sendJson(response, 200, { customers, count: customers.length });
}

/** POST /customers. */
export async function createCustomer({ request, response, store }: Exchange): Promise<void> {
  const { name, email, country } = await readJsonObject(request);
  if (typeof name !== 'string' || name.trim() === '' || name.length > 200) {
    throw new ApiError(400, 'invalid_customer', 'name: 1 to 200 characters.');
  }
  if (typeof email !== 'string' || email.length > 254 || !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new ApiError(400, 'invalid_customer', 'email: not an e-mail address.');
  }
  if (typeof country !== 'string' || !/^[A-Z]{2}$/.test(country)) {
    throw new ApiError(400, 'invalid_customer', 'country: a two-letter code such as DE.');
  }
  const customer = store.addCustomer({ name, email, country });
  sendJson(response, 201, customer, { Location: `/api/v1/customers/${customer.id}` });
}

/** GET /customers/{id}. */
export function readCustomer({ response, id, store }: Exchange): void {
  const customer = store.customers.get(id);
  if (customer === undefined) throw new ApiError(404, 'not_found', 'There is no such customer.');
  sendJson(response, 200, customer);
}
