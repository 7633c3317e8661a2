import type { RequestContext } from '../core/context.ts';
import type { Decision } from '../core/decision.ts';
import type { Route } from '../core/route.ts';
import { mayHaveBody } from '../lib/http/answer-body.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import type { HeldBytes } from './held-bytes.ts';
import { type BugReporter, checkAnswerBody, wantsBody } from './pipeline.ts';

/** An answer whose body is looked at before anything of it is sent. */
export class AnswerHold {
  readonly status: number;
  readonly lines: FieldLines;
  readonly #limitBytes: number;
  readonly #memory: HeldBytes;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #taken = 0;

  constructor(status: number, lines: FieldLines, limitBytes: number, memory: HeldBytes) {
    this.status = status;
    this.lines = lines;
    this.#limitBytes = limitBytes;
    this.#memory = memory;
  }

  /** Keeps a piece; false when no more is to be held. */
  add(bytes: Buffer): boolean {
    this.#chunks.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
    const hasRoom = this.#memory.take(bytes.length);
    if (hasRoom) this.#taken += bytes.length;
    return hasRoom && this.#bytes <= this.#limitBytes;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Runs the checks of the body with what is held. */
  check(ctx: RequestContext, isPartial: boolean, reportBug: BugReporter): Decision | Promise<Decision> {
    ctx.responseBody = this.bytes();
    ctx.isResponseBodyPartial = isPartial;
    return checkAnswerBody(ctx, reportBug);
  }

  /** All that is held, as one piece. */
  bytes(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks, this.#bytes)];
    return this.#chunks[0] as Buffer;
  }

  /** It counts no more: it was passed on, or nobody wants it. */
  release(): void {
    this.#memory.giveBack(this.#taken);
    this.#taken = 0;
  }
}

/** Begins to hold an answer whose body is to be looked at; null where it is not. */
export function holdAnswer(
  ctx: RequestContext,
  status: number,
  lines: FieldLines,
  memory: HeldBytes,
): AnswerHold | null {
  const { responseBodyChecks, responseBodyBytes } = ctx.route as Route;
  if (responseBodyChecks.length === 0 || !mayHaveBody(ctx.method, status)) return null;
  return wantsBody(responseBodyChecks, ctx) ? new AnswerHold(status, lines, responseBodyBytes, memory) : null;
}
