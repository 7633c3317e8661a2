import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { Check } from '../../core/stage.ts';
import type { WebhookMethod } from './webhook.ts';

/**
 * Lets a sender try again whose message came to nothing.
 *
 * Safety: only what the upstream has answered with success counts as received. Whoever has a copy of a message that
 * failed can do no more with it than its sender, who sends it again.
 */
export class WebhookOutcomeCheck implements Check {
  readonly #webhooks: readonly WebhookMethod[];

  constructor(webhooks: readonly WebhookMethod[]) {
    this.#webhooks = webhooks;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    const { fromUpstream, responseStatus } = ctx;
    if (fromUpstream && responseStatus >= 200 && responseStatus < 300) return CONTINUE;
    const holding = this.#webhooks.filter((webhook) => webhook.holds(ctx));
    if (holding.length === 0) return CONTINUE;
    const released = release(holding, ctx);
    if (fromUpstream) return released;
    // What the gateway itself answers waits for nothing: it would leave without the fields of the stages after this one.
    void released.catch(() => {});
    return CONTINUE;
  }
}

async function release(webhooks: readonly WebhookMethod[], ctx: RequestContext): Promise<Decision> {
  for (const webhook of webhooks) await webhook.release(ctx);
  return CONTINUE;
}
