export type ScenarioId = 'plain' | 'limited' | 'key' | 'jwt' | 'jwt-new' | 'json' | 'large';
export type Scheme = 'http' | 'https';
export const SCHEMES: readonly Scheme[] = ['http', 'https'];

/** One kind of request, as it goes over the wire. */
export interface Scenario {
  readonly id: ScenarioId;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  readonly target: string;
  /** Field lines beside the common ones; `{{key}}` and `{{token}}` are filled in. */
  readonly headers: readonly string[];
  readonly body: string;
  /** Length of the upstream's body. */
  readonly answerBytes: number;
  /** Connections that the load comes over. */
  readonly connections: number;
  /** Whether plain reverse proxies run it too. */
  readonly proxied: boolean;
  /** Whether every request needs a token that was never seen. */
  readonly freshTokens: boolean;
}

export const ALLOWED_ORIGIN = 'https://app.example.com';

const small = { answerBytes: 200, connections: 32, proxied: false, freshTokens: false } as const;
const get = { ...small, method: 'GET', body: '', headers: [] } as const;
const bearer = ['Authorization: Bearer {{token}}'];

export const SCENARIOS: readonly Scenario[] = [
  { ...get, id: 'plain', title: 'GET plain', target: '/plain/orders/1001?expand=items', proxied: true },
  { ...get, id: 'limited', title: 'GET limited by address', target: '/limited/orders/1001?expand=items' },
  {
    ...get,
    id: 'key',
    title: 'GET key + tier limit + CORS',
    target: '/keyed/orders/1001?expand=items',
    headers: ['X-API-Key: {{key}}', `Origin: ${ALLOWED_ORIGIN}`],
  },
  {
    ...get,
    id: 'jwt',
    title: 'GET RS256 JWT, repeated token',
    target: '/jwt/orders/1001?expand=items',
    headers: bearer,
  },
  {
    ...get,
    id: 'jwt-new',
    title: 'GET RS256 JWT, new token every request',
    target: '/jwt/orders/1001?expand=items',
    headers: bearer,
    freshTokens: true,
  },
  {
    ...small,
    id: 'json',
    title: 'POST 1 KiB JSON',
    method: 'POST',
    target: '/json/orders',
    headers: ['Content-Type: application/json'],
    body: jsonBody(1024),
    proxied: true,
  },
  {
    ...get,
    id: 'large',
    title: 'GET 1 MiB',
    target: '/large/report',
    answerBytes: 1024 ** 2,
    // What is under way when a run ends is a small part of it.
    connections: 8,
    proxied: true,
  },
];

export function scenarioOf(id: ScenarioId): Scenario {
  return SCENARIOS.find((scenario) => scenario.id === id)!;
}

/** The eight header fields that every request carries, as a browser's script would send them. */
const COMMON_HEADERS = [
  'Host: api.example.com',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36',
  'Accept: application/json, text/plain, */*',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.7',
  'Accept-Encoding: gzip, deflate, br',
  'Cache-Control: no-cache',
  'Referer: https://app.example.com/orders',
  'Sec-Fetch-Mode: cors',
];

/** Writes a scenario's request as bytes on the wire, with its placeholders. */
export function requestText(
  { method, target, headers, body }: Scenario,
  more: readonly string[] = [],
): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const lines = [`${method} ${target} HTTP/1.1`, ...COMMON_HEADERS, ...headers, ...length, ...more];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Fills in placeholders; one that has no value stays. */
export function fillIn(text: string, values: { readonly key?: string; readonly token?: string }): string {
  return text.replace(/\{\{(key|token)\}\}/g, (all, name: 'key' | 'token') => values[name] ?? all);
}

/** An order as JSON, padded to an exact size. */
function jsonBody(sizeBytes: number): string {
  const items = Array.from({ length: 8 }, (_, index) => ({
    sku: `desk-oak-${100 + index}`,
    quantity: index + 1,
    unitPriceCents: 64900 + index,
    options: { colour: 'natural', engraved: index % 2 === 0 },
  }));
  const order = { customerId: 'cus_1', status: 'open', items, note: '' };
  order.note = 'x'.repeat(sizeBytes - JSON.stringify(order).length);
  return JSON.stringify(order);
}
