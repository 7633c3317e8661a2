import type { Bytes } from '../bytes.ts';
import type { Parameter } from '../meaning/parameter.ts';
import type { Overrides, RequestInput, RuleEngine } from '../transaction.ts';

/** Where an attack is put: a parameter of a request to a path. */
export interface AttackPlace {
  readonly method: string;
  readonly path: string;
  readonly parameter: Parameter;
}

/** A request as the engine takes it. */
export interface AttackRequest {
  readonly method: string;
  readonly target: Bytes;
  readonly fields: readonly (readonly [string, Bytes])[];
  readonly body: Bytes;
}

const IN_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
const FORM = 'application/x-www-form-urlencoded';

/** Puts an attack into a parameter; null where a client cannot bring a value of its own there. */
export function attackRequest({ method, path, parameter }: AttackPlace, attack: Bytes): AttackRequest | null {
  const { collection, key } = parameter;
  if (collection === 'REQUEST_COOKIES')
    return { method: 'GET', target: path, fields: [['Cookie', `${key}=${encode(attack)}`]], body: '' };
  if (collection === 'REQUEST_HEADERS')
    return { method: 'GET', target: path, fields: [[key, attack.replaceAll(/[\r\n\0]/g, ' ')]], body: '' };
  if (!/^ARGS(?:_GET|_POST)?$/.test(collection)) return null;
  const isBody = collection === 'ARGS_POST' || (collection === 'ARGS' && IN_BODY.has(method));
  if (!isBody)
    return { method: 'GET', target: `${path}?${encode(key)}=${encode(attack)}`, fields: [], body: '' };
  const verb = IN_BODY.has(method) ? method : 'POST';
  if (key.startsWith('json.'))
    return withBody(verb, path, 'application/json', jsonOf(key.slice(5).split('.'), attack));
  return withBody(verb, path, FORM, `${encode(key)}=${encode(attack)}`);
}

function withBody(method: string, path: string, type: string, body: Bytes): AttackRequest {
  const fields = [
    ['Content-Type', type],
    ['Content-Length', String(body.length)],
  ] as const;
  return { method, target: path, fields, body };
}

const encode = (text: Bytes): Bytes =>
  text.replaceAll(/[^A-Za-z0-9._~-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** A document that has the attack where the names lead; a number is a place in a list. */
function jsonOf(names: readonly string[], attack: Bytes): Bytes {
  const value = names.reduceRight<unknown>(
    (inner, name) => (/^(?:array_)?\d+$/.test(name) ? [inner] : { [name]: inner }),
    attack,
  );
  return JSON.stringify(value);
}

/** Whether rules end a request, in phases 1 and 2. */
export function isBlocked(engine: RuleEngine, request: AttackRequest, overrides: Overrides | null): boolean {
  const transaction = engine.begin(inputOf(request), overrides);
  for (const phase of [1, 2] as const) {
    if (phase === 2 && request.body !== '')
      transaction.setRequestBody(Buffer.from(request.body, 'latin1'), false);
    transaction.run(phase, Number.POSITIVE_INFINITY);
    if (transaction.interruption !== null) return true;
  }
  return false;
}

function inputOf({ method, target, fields }: AttackRequest): RequestInput {
  const all = [['Host', 'api.test'], ['User-Agent', 'Mozilla/5.0'], ['Accept', '*/*'], ...fields] as const;
  const own = all.filter(
    ([name], at) => all.findLastIndex((other) => other[0].toLowerCase() === name.toLowerCase()) === at,
  );
  return {
    uniqueId: 'tune',
    startedAtMs: 0,
    clientAddress: '192.0.2.1',
    clientPort: 50_000,
    serverAddress: '192.0.2.2',
    serverPort: 443,
    method,
    target,
    protocol: 'HTTP/1.1',
    headerNames: own.map(([name]) => name),
    headerValues: own.map(([, value]) => value),
  };
}
