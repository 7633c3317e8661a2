import type { RequestContext } from '../core/context.ts';
import { CONTINUE, Decision } from '../core/decision.ts';
import type { Check, Mode } from '../core/stage.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';

/** Lets every decision of a check pass, takes back what it did to the answer, and leaves the decision on the context. */
class ObservedCheck implements Check {
  readonly #inner: Check;
  readonly takesPart: boolean;

  constructor(inner: Check) {
    this.#inner = inner;
    this.takesPart = inner.takesPart === true;
  }

  wantsBody(ctx: RequestContext): boolean {
    return this.#inner.wantsBody?.(ctx) ?? true;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    const before = ctx.addedHeaders.length === 0 ? NOTHING : ctx.addedHeaders.slice();
    const lines = ctx.responseHeaders;
    if (lines !== null) ctx.responseHeaders = copyOf(lines);
    const decision = this.#inner.run(ctx);
    return decision instanceof Promise
      ? observeLater(ctx, decision, before, lines)
      : observe(ctx, decision, before, lines);
  }
}

const NOTHING: readonly string[] = [];

/** Apart from the check, so that one that answers at once makes no closure. */
function observeLater(
  ctx: RequestContext,
  decision: Promise<Decision>,
  before: readonly string[],
  lines: FieldLines | null,
): Promise<Decision> {
  return decision.then((settled) => observe(ctx, settled, before, lines));
}

function copyOf(lines: FieldLines): FieldLines {
  return lines.copy();
}

/**
 * Takes back what a check did to the answer and leaves its decision on the context.
 *
 * Safety: what is not a Decision goes back as it is, so that the pipeline refuses it as a bug.
 */
function observe(
  ctx: RequestContext,
  decision: Decision,
  before: readonly string[],
  lines: FieldLines | null,
): Decision {
  const { addedHeaders } = ctx;
  for (let i = 0; i < before.length; i++) addedHeaders[i] = before[i] as string;
  addedHeaders.length = before.length;
  ctx.responseHeaders = lines;
  if (!(decision instanceof Decision)) return decision;
  if (decision !== CONTINUE) ctx.observed = decision;
  return CONTINUE;
}

/** Wraps a check for its mode; null when the mode is `off`. */
export function withMode(check: Check | undefined, mode: Mode): Check | null {
  if (check === undefined || mode === 'off') return null;
  return mode === 'observe' ? new ObservedCheck(check) : check;
}
