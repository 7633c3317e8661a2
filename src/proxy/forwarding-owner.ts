import type { Decision } from '../core/decision.ts';

/** Whoever has a request forwarded. */
export interface ForwardingOwner {
  /** Answers in the upstream's place. */
  refuse(decision: Decision): void;
  /** The answer had begun and cannot be completed, or the body of the request will not be. */
  breakOff(decision: Decision | null): void;
  /** A step threw. */
  failed(error: unknown): void;
}
