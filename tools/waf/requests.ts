import type { Bytes } from '../../src/lib/seclang/bytes.ts';
import type { RecordedRequest } from './corpora.ts';

/** A request as rules see it. */
export interface EvaluatedRequest {
  readonly method: string;
  readonly target: Bytes;
  readonly headers: readonly (readonly [name: string, value: Bytes])[];
  readonly body: Bytes | null;
}

const AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
const HEADERS: readonly (readonly [string, string])[] = [
  ['Host', 'api.example.com'],
  ['User-Agent', AGENT],
  ['Accept', '*/*'],
];

/** Every byte but letters and digits as an escape. */
const escapeBytes = (value: Bytes): Bytes =>
  value.replace(/[^A-Za-z0-9]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
const isFieldText = (value: Bytes): boolean => !/[\x00-\x08\x0a-\x1f\x7f]/.test(value) && value.trim() !== '';

function post(type: string, body: Bytes): EvaluatedRequest {
  const headers = [...HEADERS, ['Content-Type', type], ['Content-Length', String(body.length)]] as const;
  return { method: 'POST', target: '/v1/items', headers, body };
}

/** Where a value stands, and the request around it; null where it cannot stand there. */
export const PLACES: Readonly<Record<string, (value: Bytes) => EvaluatedRequest | null>> = {
  query: (value) => ({
    method: 'GET',
    target: `/v1/items?q=${escapeBytes(value)}`,
    headers: HEADERS,
    body: null,
  }),
  json: (value) =>
    post(
      'application/json',
      JSON.stringify({ item: { name: value } }).replace(/[\x80-\xff]/g, (byte) =>
        Buffer.from(byte, 'utf8').toString('latin1'),
      ),
    ),
  form: (value) => post('application/x-www-form-urlencoded', `name=x&text=${escapeBytes(value)}`),
  header: (value) =>
    isFieldText(value)
      ? { method: 'GET', target: '/v1/items', headers: [...HEADERS, ['X-Search', value.trim()]], body: null }
      : null,
  cookie: (value) => ({
    method: 'GET',
    target: '/v1/items',
    headers: [...HEADERS, ['Cookie', `id=${escapeBytes(value)}`]],
    body: null,
  }),
};

/** A recorded request. */
export function recordedRequest({ method, url, headers, data }: RecordedRequest): EvaluatedRequest {
  const bytes = (text: string): Bytes => Buffer.from(text, 'utf8').toString('latin1');
  const body = data === '' ? null : bytes(data);
  const fields = Object.entries(headers)
    .filter(([name]) => name.toLowerCase() !== 'content-length')
    .map(([name, value]) => [name, bytes(value)] as const);
  if (body !== null) fields.push(['Content-Length', String(body.length)]);
  return { method, target: bytes(url), headers: fields, body };
}
