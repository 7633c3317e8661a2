import type { RequestContext } from '../../core/context.ts';
import { type CountingRule, HeldSlot, type Hit, type LimitStore } from '../../core/limits.ts';
import type { Finisher } from '../../core/stage.ts';

/**
 * Notes the slot that an admitted hit took; a store that was decided without knows itself what it has to take back.
 *
 * Safety: a store that is waited for may answer when the client has gone and the request is over; nobody would give
 * the slot back then, so it is given back at once.
 */
export function holdSlot(
  ctx: RequestContext,
  { scope, client }: Pick<Hit, 'scope' | 'client'>,
  rule: CountingRule,
  note: number,
  store: LimitStore,
): void {
  if (ctx.isOver) store.release(scope, client, rule, note);
  else ctx.slots = new HeldSlot(scope, client, rule, note, ctx.slots);
}

/** Gives back the slots of requests that are over, whichever stage took them, each once. */
export class SlotFinisher implements Finisher {
  readonly #store: LimitStore;

  constructor(store: LimitStore) {
    this.#store = store;
  }

  finish(ctx: RequestContext): void {
    ctx.isOver = true;
    let slot = ctx.slots;
    ctx.slots = null;
    for (; slot !== null; slot = slot.next)
      this.#store.release(slot.scope, slot.client, slot.rule, slot.note);
  }
}
