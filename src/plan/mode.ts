import type { RequestContext } from '../core/context.ts';
import { CONTINUE, Decision } from '../core/decision.ts';
import type { Check, Mode } from '../core/stage.ts';

/** Lets every decision of a check pass and leaves it on the context for the journal. */
class ObservedCheck implements Check {
  readonly #inner: Check;

  constructor(inner: Check) {
    this.#inner = inner;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    const decision = this.#inner.run(ctx);
    if (decision instanceof Promise) return decision.then((settled) => observe(ctx, settled));
    return observe(ctx, decision);
  }
}

/** Safety: what is not a Decision goes back as it is, so that the pipeline refuses it as a bug. */
function observe(ctx: RequestContext, decision: Decision): Decision {
  if (!(decision instanceof Decision)) return decision;
  if (decision !== CONTINUE) ctx.observed = decision;
  return CONTINUE;
}

/** Wraps a check for its mode; null when the mode is `off`. */
export function withMode(check: Check | undefined, mode: Mode): Check | null {
  if (check === undefined || mode === 'off') return null;
  return mode === 'observe' ? new ObservedCheck(check) : check;
}
