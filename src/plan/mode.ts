import type { RequestContext } from '../core/context.ts';
import { CONTINUE, Decision } from '../core/decision.ts';
import type { Check, Mode } from '../core/stage.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';

/** Lets every decision of a check pass, takes back what it did to the answer, and leaves the decision on the context. */
class ObservedCheck implements Check {
  readonly #inner: Check;

  constructor(inner: Check) {
    this.#inner = inner;
  }

  wantsBody(ctx: RequestContext): boolean {
    return this.#inner.wantsBody?.(ctx) ?? true;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    const added = ctx.addedHeaders.slice();
    const lines = ctx.responseHeaders;
    if (lines !== null) ctx.responseHeaders = copyOf(lines);
    const settle = (decision: Decision): Decision => {
      ctx.addedHeaders.splice(0, ctx.addedHeaders.length, ...added);
      ctx.responseHeaders = lines;
      return observe(ctx, decision);
    };
    const decision = this.#inner.run(ctx);
    return decision instanceof Promise ? decision.then(settle) : settle(decision);
  }
}

function copyOf(lines: FieldLines): FieldLines {
  return lines.copy();
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
