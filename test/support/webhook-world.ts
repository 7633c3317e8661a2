import { createHmac } from 'node:crypto';
import type { Decision } from '../../src/core/decision.ts';
import { type Ip, parseIp } from '../../src/lib/ip/address.ts';
import { authentication } from '../../src/stages/authentication/authentication.ts';
import { fakePorts, request, routeFacts } from './authentication-world.ts';

/** The hexadecimal HMAC-SHA256 of a text. */
export function hmacHex(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** A route whose callers are webhooks. */
export function webhookWorld() {
  const world = fakePorts();

  function checksOf(webhook: object, change: Parameters<typeof routeFacts>[0] = {}) {
    const config = authentication.schema.parse({ webhook });
    const { head, deferred, response } = authentication.compile(config, routeFacts(change), world.ports);
    if (head === undefined || deferred === undefined || response === undefined) throw new Error('no checks');
    return { head, deferred, response };
  }

  /** What a route concludes about a request; `at` sets the clock first, in epoch seconds; the body takes `bodyS` to come. */
  async function decide(
    checks: ReturnType<typeof checksOf>,
    fields: readonly string[],
    body: string | Buffer | null,
    {
      at,
      from = '192.0.2.1',
      bodyS = 0,
    }: { readonly at?: number; readonly from?: string; readonly bodyS?: number } = {},
  ) {
    if (at !== undefined) world.clock.time = at * 1000;
    const ctx = Object.assign(request(fields, { method: 'POST' }), {
      client: parseIp(from) as Ip,
      hasBody: body !== null,
      contentLength: body === null ? -1 : Buffer.byteLength(body),
    });
    let decision: Decision = await checks.head.run(ctx);
    const stopped = decision.reason !== 'request.passed' ? 'head' : 'body';
    world.clock.time += bodyS * 1000;
    if (stopped === 'body' && body !== null) ctx.body = Buffer.from(body);
    if (stopped === 'body') decision = await checks.deferred.run(ctx);
    return { reason: decision.reason, decision, ctx, stopped };
  }

  /** Tells the route how a request was answered. */
  async function answer(
    checks: ReturnType<typeof checksOf>,
    ctx: ReturnType<typeof request>,
    responseStatus: number,
    fromUpstream = true,
  ): Promise<void> {
    Object.assign(ctx, { responseStatus, fromUpstream });
    await checks.response.run(ctx);
  }

  return { ...world, checksOf, decide, answer };
}
