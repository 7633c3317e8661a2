import type { Bytes } from '../bytes.ts';
import type { FtwAnswer } from './ftw-test.ts';
import type { ReceivedRequest } from './received-request.ts';

/**
 * What a backend answers that is there for tests: the body that it was sent, or what a JSON object in it describes
 * (`status`, `headers`, `body`, `encodedBody`), so that a test can say what answers hold.
 */
export function reflect(request: ReceivedRequest): FtwAnswer {
  const described = /^\s*\{/.test(request.body) ? describedAnswer(request.body) : null;
  return described ?? answerOf(200, [['Content-Type', 'text/html; charset=utf-8']], request.body);
}

function answerOf(status: number, headers: readonly (readonly [Bytes, Bytes])[], body: Bytes): FtwAnswer {
  const all = headers.some(([name]) => name.toLowerCase() === 'content-length')
    ? headers
    : [...headers, ['Content-Length', String(body.length)] as const];
  return {
    status,
    headerNames: all.map(([name]) => name),
    headerValues: all.map(([, value]) => value),
    body,
  };
}

const latin1 = (text: string, encoding: 'utf8' | 'base64'): Bytes =>
  Buffer.from(text, encoding).toString('latin1');

function describedAnswer(body: Bytes): FtwAnswer | null {
  const described = parseObject(body);
  if (described === null) return null;
  const { status, headers, body: text, encodedBody } = described;
  if (![status, headers, text, encodedBody].some((member) => member !== undefined)) return null;
  const fields = Object.entries(typeof headers === 'object' && headers !== null ? headers : {}).map(
    ([name, value]) => [latin1(name, 'utf8'), latin1(String(value), 'utf8')] as const,
  );
  const content =
    typeof encodedBody === 'string' ? latin1(encodedBody, 'base64') : latin1(String(text ?? ''), 'utf8');
  const code = typeof status === 'number' && status >= 200 && status <= 599 ? status : 200;
  const type = fields.some(([name]) => name.toLowerCase() === 'content-type');
  return answerOf(code, type ? fields : [...fields, ['Content-Type', 'text/plain; charset=utf-8']], content);
}

function parseObject(body: Bytes): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(body, 'latin1').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
