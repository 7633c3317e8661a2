import { requestText, scenarioOf } from './scenarios.ts';

/** One request that firewalls are measured with, as it goes over the wire. */
export interface WafRequest {
  readonly title: string;
  readonly text: string;
  /** What every subject that guards must answer. */
  readonly status: 200 | 403;
  /** Microseconds of CPU that rules may add to it in the gateway; 0 where nothing is asked for. */
  readonly mostAddedUs: number;
}

const plain = scenarioOf('plain');
const json = scenarioOf('json');

/** A JSON order of exactly so many bytes: the fields of the small one, with as many items as it takes. */
function jsonOrder(sizeBytes: number): string {
  const items: object[] = [];
  const order = { customerId: 'cus_1', status: 'open', items, note: '' };
  for (let at = 0; JSON.stringify(order).length < sizeBytes - 200; at++)
    items.push({
      sku: `desk-oak-${100 + at}`,
      quantity: 1 + (at % 9),
      unitPriceCents: 64_900 + at,
      options: {
        colour: 'natural',
        engraved: at % 2 === 0,
        text: `For Ann and Ben, summer ${1990 + (at % 35)}`,
      },
    });
  order.note = 'x'.repeat(sizeBytes - JSON.stringify(order).length);
  return JSON.stringify(order);
}

function multipart(sizeBytes: number): { body: string; type: string } {
  const boundary = '----bench7MA4YWxkTrZu0gW';
  const part = (head: string, content: string): string => `--${boundary}\r\n${head}\r\n\r\n${content}\r\n`;
  const title = part('Content-Disposition: form-data; name="title"', 'Invoice of March');
  const head =
    'Content-Disposition: form-data; name="file"; filename="invoice.txt"\r\nContent-Type: text/plain';
  const line = '2026-03-14 desk, oak, natural, 1 piece, 649.00 EUR, delivered to the front door\n';
  const content = line.repeat(Math.ceil(sizeBytes / line.length)).slice(0, sizeBytes);
  return {
    body: `${title}${part(head, content)}--${boundary}--\r\n`,
    type: `multipart/form-data; boundary=${boundary}`,
  };
}

function post(body: string, type: string): string {
  const scenario = { ...json, target: '/plain/orders', headers: [`Content-Type: ${type}`], body };
  return requestText(scenario);
}

const upload = multipart(200 * 1024);

export const WAF_REQUESTS: readonly WafRequest[] = [
  { title: 'GET, 8 header fields', text: requestText(plain), status: 200, mostAddedUs: 60 },
  {
    title: 'POST, JSON of 1 KiB',
    text: post(jsonOrder(1024), 'application/json'),
    status: 200,
    mostAddedUs: 150,
  },
  {
    title: 'POST, JSON of 20 KiB',
    text: post(jsonOrder(20 * 1024), 'application/json'),
    status: 200,
    mostAddedUs: 0,
  },
  { title: 'POST, multipart of 200 KiB', text: post(upload.body, upload.type), status: 200, mostAddedUs: 0 },
  {
    title: 'GET, SQL injection',
    text: requestText({
      ...plain,
      target: "/plain/orders?id=1'%20UNION%20SELECT%20password%20FROM%20users--%20",
    }),
    status: 403,
    mostAddedUs: 0,
  },
];
