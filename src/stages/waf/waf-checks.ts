import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { Check, Finisher } from '../../core/stage.ts';
import type { WafFindings } from '../../core/waf.ts';
import { mayHaveBody } from '../../lib/http/answer-body.ts';
import { inflate } from './body-coding.ts';
import { Inspection } from './inspection.ts';
import type { Strangers } from './strangers.ts';
import type { Uninspected } from './verdicts.ts';
import type { WafRoute } from './waf-route.ts';

/** What is found out about a request that no rule looks at. */
const ALLOWED: WafFindings = {
  view: 'allowed',
  matches: [],
  moreMatches: 0,
  interruption: null,
  inboundScore: 0,
  outboundScore: 0,
  bypasses: [],
  wouldBlock: false,
  incomplete: '',
};

/** The inspection of a request; null where rules do not look at it. */
function inspectionOf({ waf }: RequestContext): Inspection | null {
  return waf instanceof Inspection ? waf : null;
}

/** Runs a step behind one that may wait. */
function chain(
  first: Decision | Promise<Decision>,
  next: () => Decision | Promise<Decision>,
): Decision | Promise<Decision> {
  if (first instanceof Promise) return first.then((settled) => (settled === CONTINUE ? next() : settled));
  return first === CONTINUE ? next() : first;
}

/** Phase 1 and, for requests without a body that rules want, phase 2. */
export class HeadCheck implements Check {
  readonly #route: WafRoute;

  constructor(route: WafRoute) {
    this.#route = route;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    const route = this.#route;
    if (route.isAllowed(ctx)) {
      ctx.waf = ALLOWED;
      return CONTINUE;
    }
    const { wafGovernance, clock } = route.ports;
    const bypasses = wafGovernance.bypasses(ctx.client, ctx.path, clock.nowMs());
    const inspection = new Inspection(route, ctx, 'checked', bypasses);
    ctx.waf = inspection;
    const decision = inspection.checkHead();
    if (decision === CONTINUE) return this.#afterHead(ctx, inspection);
    return decision instanceof Promise ? chain(decision, () => this.#afterHead(ctx, inspection)) : decision;
  }

  #afterHead(ctx: RequestContext, inspection: Inspection): Decision | Promise<Decision> {
    if (!ctx.hasBody || !inspection.wantsBody) return inspection.checkBody(null, false);
    const limitBytes = this.#route.limitBytesOf(ctx);
    // What is known to be refused need not be received first.
    if (this.#route.deniesUninspected && ctx.contentLength > limitBytes && !this.#route.isUpload(ctx))
      return inspection.leaveOut(limitBytes === this.#route.bodyLimitBytes ? 'body' : 'data');
    return CONTINUE;
  }
}

/** Phase 2 with the body, as it is once its coding is undone. */
export class BodyCheck implements Check {
  readonly takesPart = true;
  readonly #route: WafRoute;

  constructor(route: WafRoute) {
    this.#route = route;
  }

  wantsBody(ctx: RequestContext): boolean {
    return inspectionOf(ctx)?.wantsBody === true;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    const inspection = inspectionOf(ctx);
    if (inspection === null || !inspection.wantsBody) return CONTINUE;
    const received = ctx.body ?? (ctx.bodyStart as Uint8Array);
    const isUpload = this.#route.isUpload(ctx);
    const limitBytes = isUpload ? this.#route.dataLimitBytes : this.#route.limitBytesOf(ctx);
    const problem = isUpload ? null : tooMuch(this.#route, ctx, received, limitBytes);
    if (problem !== null) {
      const decision = inspection.leaveOut(problem);
      if (decision !== CONTINUE) return decision;
    }
    return this.#inspect(ctx, inspection, received, limitBytes, isUpload);
  }

  #inspect(
    ctx: RequestContext,
    inspection: Inspection,
    received: Uint8Array,
    limitBytes: number,
    isUpload: boolean,
  ): Decision | Promise<Decision> {
    const isPartial = ctx.body === null || received.length > limitBytes;
    const inflated = inflate(received, ctx.headers.joined('content-encoding'), limitBytes, isPartial);
    if (inflated.problem !== null && !(isUpload && inflated.problem === 'inflated')) {
      const decision = inspection.leaveOut(inflated.problem);
      if (decision !== CONTINUE) return decision;
    }
    return inspection.checkBody(inflated.bytes, isPartial || inflated.problem !== null);
  }
}

/** Why a body cannot be looked at whole; null when it can. */
function tooMuch(
  route: WafRoute,
  ctx: RequestContext,
  received: Uint8Array,
  limitBytes: number,
): Uninspected | null {
  if (received.length > limitBytes) return limitBytes === route.bodyLimitBytes ? 'body' : 'data';
  return ctx.body === null ? 'memory' : null;
}

/** Phase 3 and, for answers whose body is not looked at, phase 4. */
export class AnswerCheck implements Check {
  readonly #route: WafRoute;

  constructor(route: WafRoute) {
    this.#route = route;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    if (!ctx.fromUpstream || ctx.responseStatus < 200) return CONTINUE;
    const inspection = inspectionOf(ctx);
    if (inspection === null) return CONTINUE;
    return chain(inspection.checkAnswerHead(), () =>
      isAnswerHeld(this.#route, ctx, inspection) ? CONTINUE : inspection.checkAnswerBody(null, false),
    );
  }
}

function isAnswerHeld(route: WafRoute, ctx: RequestContext, inspection: Inspection): boolean {
  return (
    ctx.fromUpstream &&
    mayHaveBody(ctx.method, ctx.responseStatus) &&
    inspection.wantsAnswerBody &&
    route.looksAtAnswer(ctx)
  );
}

/** Phase 4 with the body of the answer. */
export class AnswerBodyCheck implements Check {
  readonly #route: WafRoute;

  constructor(route: WafRoute) {
    this.#route = route;
  }

  wantsBody(ctx: RequestContext): boolean {
    const inspection = inspectionOf(ctx);
    return inspection !== null && isAnswerHeld(this.#route, ctx, inspection);
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    const inspection = inspectionOf(ctx);
    if (inspection === null) return CONTINUE;
    const held = ctx.responseBody as Uint8Array;
    const coding = ctx.responseHeaders?.joined('content-encoding') ?? null;
    const { answerLimitBytes } = this.#route;
    let { bytes, problem } = inflate(held, coding, answerLimitBytes, ctx.isResponseBodyPartial);
    if (problem === 'coding') {
      inspection.noteUnseenAnswer('the Content-Encoding of the answer cannot be undone');
      if (bytes.length === 0) bytes = whatThereIs(held, coding, answerLimitBytes);
    }
    return inspection.checkAnswerBody(bytes, ctx.isResponseBodyPartial || problem !== null);
  }
}

/** Of a body whose coding breaks off what came before, and else the body as it is: a client may take it for that. */
function whatThereIs(held: Uint8Array, coding: string | null, limitBytes: number): Uint8Array {
  const { bytes } = inflate(held, coding, limitBytes, true);
  return bytes.length === 0 ? held.subarray(0, limitBytes) : bytes;
}

/** Phase 5; and a look at the heads of requests that other stages refused. */
export class LastLook implements Finisher {
  readonly #route: WafRoute;
  readonly #strangers: Strangers;

  constructor(route: WafRoute, strangers: Strangers) {
    this.#route = route;
    this.#strangers = strangers;
  }

  finish(ctx: RequestContext): void {
    if (ctx.waf === null) this.#strangers.look(this.#route, ctx);
    inspectionOf(ctx)?.finish();
  }
}
