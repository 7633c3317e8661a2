import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { Unavailable } from '../core/errors.ts';
import { readJsonBody } from './admin-body.ts';
import { hasLoopbackName } from './loopback.ts';
import { Problem, runOperation } from './operation.ts';
import { operationRouter } from './operation-router.ts';
import { allOperations } from './operations.ts';
import type { ControlServices } from './services.ts';
import { tokenMatcher } from './token.ts';

/** An answer of the admin listener, ready to send. */
export interface AdminAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One admin request that was answered, for the log; never holds a token or a key. */
export interface AdminEvent {
  readonly requestId: string;
  /** Id of the operation; '' when none was found. */
  readonly operation: string;
  readonly status: number;
}

export interface AdminHandlerOptions {
  readonly token: string;
  readonly services: ControlServices;
  /** Called with what an operation threw and should not have. */
  readonly onBug: (error: unknown, requestId: string) => void;
  readonly onAnswered?: (event: AdminEvent) => void;
}

const FIXED_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Writes a refusal as a problem document (RFC 9457). */
function problemAnswer(
  problem: Problem,
  requestId: string,
  headers: Record<string, string> = {},
): AdminAnswer {
  const document = {
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    error: problem.error,
    message: problem.message,
    ...problem.members,
    request_id: requestId,
  };
  return {
    status: problem.status,
    headers: { ...FIXED_HEADERS, ...headers, 'content-type': 'application/problem+json' },
    body: JSON.stringify(document),
  };
}

/** The token of an Authorization field; '' when there is none (RFC 6750, section 2.1: the scheme has no case). */
function bearerOf(request: IncomingMessage): string {
  const match = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? '';
}

/** Query parameters as an object; null when one is given twice. */
function queryOf(query: string): Record<string, string> | null {
  const found: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (Object.hasOwn(found, name)) return null;
    found[name] = value;
  }
  return found;
}

/**
 * Makes the function that answers admin requests.
 *
 * Safety: who has no token learns only whether the gateway lives; not even which paths exist.
 */
export function adminHandler(
  options: AdminHandlerOptions,
): (request: IncomingMessage) => Promise<AdminAnswer> {
  const matches = tokenMatcher(options.token);
  const find = operationRouter(allOperations());

  const answer = async (request: IncomingMessage, requestId: string): Promise<[string, AdminAnswer]> => {
    const refuse = (id: string, problem: Problem, headers = {}): [string, AdminAnswer] => [
      id,
      problemAnswer(problem, requestId, headers),
    ];
    if (!hasLoopbackName(request.headers.host ?? '')) {
      return refuse(
        '',
        new Problem(421, 'misdirected_request', 'Use localhost or a loopback address as the host.'),
      );
    }
    const [path, query] = (request.url ?? '').split(/\?(.*)/s) as [string, string | undefined];
    const match = find(path);
    const row = match?.methods.get(request.method ?? '');
    const isOpen = row?.operation.access === 'open';
    if (!isOpen && !matches(bearerOf(request))) {
      const message = 'Send the token of the file `admin.token` as `Authorization: Bearer`.';
      return refuse('', new Problem(401, 'unauthorized', message), {
        'www-authenticate': 'Bearer realm="portcullis"',
      });
    }
    if (match === null)
      return refuse('', new Problem(404, 'not_found', 'There is no such path: see /v1/openapi.json.'));
    if (row === undefined) {
      const allow = [...match.methods.keys()].join(', ');
      return refuse('', new Problem(405, 'method_not_allowed', `This path takes ${allow}.`), { allow });
    }
    const { id, operation } = row;
    const queryInput = queryOf(query ?? '');
    if (queryInput === null)
      return refuse(id, new Problem(400, 'bad_request', 'Give each query parameter once.'));
    const body = await readJsonBody(request);
    if (body instanceof Problem) return refuse(id, body, { connection: 'close' });
    const raw = { params: match.params, query: queryInput, body };
    const result = await runOperation(operation, options.services, raw);
    if (result instanceof Problem) return refuse(id, result);
    const text = typeof result === 'string' ? result : JSON.stringify(result);
    const headers = { ...FIXED_HEADERS, 'content-type': operation.media };
    return [id, { status: operation.status, headers, body: text }];
  };

  const failed = (error: unknown, requestId: string): AdminAnswer => {
    if (error instanceof Unavailable)
      return problemAnswer(new Problem(503, 'unavailable', error.message), requestId);
    options.onBug(error, requestId);
    const message = 'This is a defect of the gateway: its log has the stack trace with this request id.';
    return problemAnswer(new Problem(500, 'internal_error', message), requestId);
  };

  return async (request) => {
    const requestId = randomUUID();
    let operation = '';
    let result: AdminAnswer;
    try {
      [operation, result] = await answer(request, requestId);
    } catch (error) {
      result = failed(error, requestId);
    }
    options.onAnswered?.({ requestId, operation, status: result.status });
    return result;
  };
}
