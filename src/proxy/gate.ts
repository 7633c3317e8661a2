import type { RequestContext } from '../core/context.ts';
import type { Clock } from '../core/ports.ts';
import type { Route } from '../core/route.ts';
import type { RouteMatch } from '../plan/router.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { HeldBytes } from './held-bytes.ts';
import type { Journal } from './journal.ts';
import type { BugReporter } from './pipeline.ts';
import type { Outcome } from './record.ts';
import type { ReadSettings } from './settings.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/** The plan in force, as the proxy uses it; a request keeps the one it started with. */
export interface ActivePlan {
  readonly read: ReadSettings;
  find(host: string, path: string, method: string): RouteMatch;
  /** Guards answers to requests that match no API. */
  readonly fallback: Route;
  findUpstream(name: string): UpstreamPool;
  /** Port of https URLs that a listener redirects to, by the listener's name; absent where it does not redirect. */
  readonly redirects: ReadonlyMap<string, number>;
  /** Keeps the plan's connections open until `release`, also when another plan has come into force. */
  retain(): void;
  release(): void;
}

/** What every request of a thread shares. */
export interface Gate {
  readonly plan: ActivePlan;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly isDraining: boolean;
  readonly cache: AnswerCache;
  /** Memory for bodies of requests, and for those of answers. */
  readonly heldRequests: HeldBytes;
  readonly heldAnswers: HeldBytes;
  makeId(): string;
  reportBug: BugReporter;
  /** Takes note of a finished request; `record` is its journal line. */
  onFinished(ctx: RequestContext | null, outcome: Outcome, record: string): void;
}
