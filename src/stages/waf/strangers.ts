import type { RequestContext } from '../../core/context.ts';
import { Inspection } from './inspection.ts';
import type { WafRoute } from './waf-route.ts';

const SECOND_MS = 1_000;

/**
 * Looks at the heads of requests that another stage refused before rules saw them, so that attacks of strangers are
 * seen; nothing is decided.
 *
 * Cost: one slice for each, and so many in a second; the rest is not looked at.
 */
export class Strangers {
  readonly #perSecond: number;
  #second = 0;
  #looks = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  look(route: WafRoute, ctx: RequestContext): void {
    if (ctx.decidedAt < 0 || route.isAllowed(ctx) || !this.#hasTime(route.ports.clock.nowMs())) return;
    const inspection = new Inspection(route, ctx, 'refused-before', []);
    ctx.waf = inspection;
    inspection.lookAtHead();
  }

  #hasTime(nowMs: number): boolean {
    const second = Math.floor(nowMs / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#looks = 0;
    }
    return ++this.#looks <= this.#perSecond;
  }
}
