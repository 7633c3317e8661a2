import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { Check } from '../../core/stage.ts';
import type { CorsCheck } from './cors-check.ts';

const PREFIX = 'access-control-';

/**
 * Makes the gateway the only one that speaks CORS: drops the upstream's fields, and adds ours to refusals of stages that
 * run before the CORS check.
 *
 * Safety: ours are on `ctx.addedHeaders`, which the proxy appends after the response checks.
 */
export class CorsAnswerCheck implements Check {
  readonly #head: CorsCheck;

  constructor(head: CorsCheck) {
    this.#head = head;
  }

  run(ctx: RequestContext): Decision {
    const headers = ctx.responseHeaders;
    if (headers === null) return CONTINUE;
    if (ctx.fromUpstream) {
      const { names } = headers;
      for (let i = names.length - 1; i >= 0; i--) {
        // Two lines of one name shorten the list by more than one: look again from its new end.
        if (!names[i]?.startsWith(PREFIX)) continue;
        headers.remove(names[i] as string);
        i = names.length;
      }
    } else if (!hasRunHead(ctx)) {
      const flat = this.#head.fieldsFor(ctx);
      for (let i = 0; i < flat.length; i += 2) headers.add(flat[i] as string, flat[i + 1] as string);
    }
    return CONTINUE;
  }
}

function hasRunHead(ctx: RequestContext): boolean {
  for (let i = 0; i < ctx.ran.length; i++) {
    if (ctx.ran[i]?.stage === 'cors' && ctx.ran[i]?.phase === 'head') return true;
  }
  return false;
}
