import { Unavailable } from '../core/errors.ts';
import { bracketed } from './loopback.ts';
import { type AnyOperation, Problem } from './operation.ts';
import { type InputOf, OPERATIONS, type OperationId, type ResultOf } from './operations.ts';
import { readAdminToken } from './token.ts';

export interface AdminClientOptions {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
}

/** Calls the operations of a running gateway. */
export interface AdminClient {
  /**
   * Calls one operation.
   *
   * Errors: Unavailable when no gateway runs there, when it does not take our token, or does not answer; a Problem
   * is what the operation itself refused.
   */
  call<Id extends OperationId>(id: Id, input?: InputOf<Id>): Promise<ResultOf<Id> | Problem>;
  /** Whether a gateway answers on the port. */
  isRunning(): Promise<boolean>;
}

const TIMEOUT_MS = 90_000;

function pathOf(operation: AnyOperation, input: { params?: unknown; query?: unknown }): string {
  const params = (input.params ?? {}) as Record<string, string>;
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
  const query = new URLSearchParams(
    Object.entries((input.query ?? {}) as Record<string, unknown>).flatMap(
      ([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]),
    ),
  ).toString();
  return query === '' ? path : `${path}?${query}`;
}

function isRefused(error: unknown): boolean {
  const cause = (error as { cause?: { code?: string; errors?: { code?: string }[] } }).cause;
  return (
    cause?.code === 'ECONNREFUSED' || (cause?.errors?.some((inner) => inner.code === 'ECONNREFUSED') ?? false)
  );
}

async function problemOf(response: Response, place: string): Promise<Problem> {
  const document = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (typeof document?.message !== 'string' || typeof document.error !== 'string') {
    throw new Unavailable(
      'gateway',
      `What answers on ${place} is not a gateway: name its port with \`admin.port\`.`,
    );
  }
  const { type: _, title: __, status: ___, error, message, ...members } = document;
  return new Problem(response.status, error as string, message as string, members);
}

/** Makes a client of the gateway on this machine. The token is read with each call, so a new one is noticed. */
export function adminClient(options: AdminClientOptions): AdminClient {
  const place = `${bracketed(options.host)}:${options.port}`;

  const send = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      return await fetch(`http://${place}${path}`, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const why = isRefused(error)
        ? `No gateway is running on ${place}: start it with \`portcullis run\`.`
        : `The gateway on ${place} did not answer: look at its log.`;
      throw new Unavailable('gateway', why, { cause: error });
    }
  };

  const ping = async (): Promise<void> => {
    await (await send('/livez', {})).arrayBuffer();
  };

  const call = async <Id extends OperationId>(
    id: Id,
    input: InputOf<Id> = {},
  ): Promise<ResultOf<Id> | Problem> => {
    const operation: AnyOperation = OPERATIONS[id];
    // Before the token is read: without a gateway the missing token is not what is wrong.
    await ping();
    const headers: Record<string, string> = { authorization: `Bearer ${readAdminToken(options.dataDir)}` };
    if (input.body !== undefined) headers['content-type'] = 'application/json';
    const body = input.body === undefined ? undefined : JSON.stringify(input.body);
    const response = await send(pathOf(operation, input), { method: operation.method, headers, body });
    if (response.status === 401) {
      throw new Unavailable(
        'gateway',
        `The gateway on ${place} does not take the token of ${options.dataDir}: it uses another data folder.`,
      );
    }
    if (!response.ok) return problemOf(response, place);
    const result = operation.media === 'application/json' ? response.json() : response.text();
    return result as Promise<ResultOf<Id>>;
  };

  const isRunning = async (): Promise<boolean> => {
    try {
      await ping();
      return true;
    } catch (error) {
      if (error instanceof Unavailable && isRefused(error.cause)) return false;
      throw error;
    }
  };

  return { call, isRunning };
}
