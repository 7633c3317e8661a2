import type { Http1Fault } from '../../src/lib/http1/faults.ts';

/** What a reader took one message for; every text has one character per byte. */
export interface SeenMessage {
  /** Method and target, or the status. */
  readonly start: string;
  readonly version: string;
  /** Names and values in order, names as received. */
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  readonly isComplete: boolean;
}

/** What our reader made of a stream. */
export interface OurOutcome {
  /** The last one may be incomplete. */
  readonly messages: readonly SeenMessage[];
  /** Where each complete message ends. */
  readonly ends: readonly number[];
  readonly fault: Http1Fault | '';
  /** The last message ended with the connection. */
  readonly isUntilClose: boolean;
}

/** What Node's parser made of a stream. */
export interface NodeOutcome {
  readonly messages: readonly SeenMessage[];
  /** Code and sentence of its error, '' without one. */
  readonly code: string;
  readonly reason: string;
  /** Where in the stream it stopped, -1 when unknown. */
  readonly stoppedAt: number;
  /** The final answer was complete before its last byte came. */
  readonly wasEarly: boolean;
}

/** How many messages of a stream are complete. */
export function completeCount(messages: readonly SeenMessage[]): number {
  return messages.filter(({ isComplete }) => isComplete).length;
}
