import { exchange } from '../support/raw-client.ts';
import { type Reply, type SeenRequest, start } from '../support/recording-upstream.ts';
import { plainConfig } from '../support/test-gateway.ts';

/** An answer of a login endpoint. */
export function says(status: number, body: string, more = ''): string {
  return `HTTP/1.1 ${status} X\r\nContent-Type: text/plain\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** The answer of a login endpoint that takes the password `right`, and says too much. */
export function judge({ body }: SeenRequest): Reply {
  const text = body.toString();
  if (text.includes('right')) return says(200, 'welcome');
  return text.includes('nobody') ? says(404, 'no such user') : says(401, 'wrong password');
}

/** An upstream with a login endpoint. */
export const startLogins = (respond: (request: SeenRequest) => Reply = judge) => start({ respond });

/** A gateway that guards `POST /login`, and believes the test about client addresses. */
export function loginConfig(upstreamPort: number, login: object, more: object = {}): object {
  return plainConfig(upstreamPort, {
    trustedProxies: ['127.0.0.1'],
    apis: [
      {
        id: 'web',
        path: '/',
        upstream: `http://127.0.0.1:${upstreamPort}`,
        authenticate: 'none',
        endpoints: [{ id: 'login', path: '/login', login: { failures: 5, ...login } }],
      },
    ],
    ...more,
  });
}

export interface Login {
  readonly from?: string;
  readonly user?: string;
  readonly password?: string;
  readonly type?: string;
  /** Instead of what user and password make. */
  readonly body?: string;
  readonly path?: string;
  /** Whole lines, each with its CRLF. */
  readonly lines?: string;
  readonly method?: string;
}

/** The bytes of a login. */
export function loginBytes(login: Login = {}): string {
  const {
    from = '192.0.2.7',
    user = 'alice',
    password = 'wrong',
    type = 'application/json',
    lines = '',
  } = login;
  const { body = JSON.stringify({ username: user, password }), path = '/login', method = 'POST' } = login;
  const framing = `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const client = from === '' ? '' : `X-Forwarded-For: ${from}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${client}${lines}${framing}\r\n${body}`;
}

export interface LoginAnswer {
  readonly status: number;
  readonly body: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Logs in on a connection of its own. */
export async function logIn(port: number, login: Login = {}): Promise<LoginAnswer> {
  const { responses } = await exchange(port, loginBytes(login), { expect: 1, idleMs: 20_000 });
  const [answer] = responses;
  return {
    status: answer?.status ?? 0,
    body: answer?.body.toString() ?? '',
    fields: Object.fromEntries(answer?.fields.map(([name, value]) => [name.toLowerCase(), value]) ?? []),
  };
}

/** Logs in one after the other; the statuses. */
export async function logInAll(port: number, logins: readonly Login[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const login of logins) statuses.push((await logIn(port, login)).status);
  return statuses;
}

export const times = (count: number, login: Login = {}): Login[] =>
  Array.from({ length: count }, () => login);
