import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiError, type Exchange } from './exchange.ts';
import { readJsonObject } from './read-json.ts';
import { sendJson } from './reply.ts';

/** The one account of the sample; it opens nothing. */
export const DEMO_ACCOUNT = { username: 'demo', password: 'demo-password' };

/**
 * POST /auth/login: answers a fake session.
 *
 * Safety: one answer for every failure, and equal time, so that nobody learns which accounts exist.
 */
export async function login({ request, response }: Exchange): Promise<void> {
  const { username, password } = await readJsonObject(request);
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw new ApiError(400, 'invalid_login', 'Send username and password as strings.');
  }
  const isUser = isEqual(username, DEMO_ACCOUNT.username);
  const isPassword = isEqual(password, DEMO_ACCOUNT.password);
  if (!(isUser && isPassword))
    throw new ApiError(401, 'login_failed', 'The user name or the password is wrong.');
  sendJson(response, 200, {
    message: 'Signed in. This session is a sample and opens nothing.',
    session: 'sample',
  });
}

function isEqual(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
