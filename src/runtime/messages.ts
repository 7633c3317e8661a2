import type { CertificateMaterial } from '../config/certificates.ts';
import type { RuleMaterial } from '../config/rule-files.ts';
import type { ConfigProblem } from '../core/errors.ts';
import type { ExceptionUpdate, LimitException } from '../core/limit-exceptions.ts';
import type { Notice } from '../core/notices.ts';
import type { ApiKeyRecord, StatusAnswer, StatusQuestion } from '../core/ports.ts';
import type { RevocationUpdate, TokenRevocation } from '../core/token-revocations.ts';
import type { UpstreamTls } from '../core/upstream.ts';
import type { BypassRecord, RuleTrial, WafUpdate } from '../core/waf-records.ts';
import type { MetricsSnapshot } from '../lib/metrics/thread-metrics.ts';
import type { TrustMaterial } from '../plan/trust-files.ts';
import type { KeySetUpdate } from '../stores/keysets/key-set-update.ts';
import type { KeyUpdate } from '../stores/memory/api-keys.ts';
import type { Lease } from '../stores/memory/record-lease.ts';
import type { AdaptiveState, ThreadWindow } from './adaptive-state.ts';
import type { ThreadNotes } from './notebook.ts';

/** Certificates and keys as PEM text: threads read no files. */
export interface Material extends TrustMaterial {
  /** Rules by `ruleSetKey`. */
  readonly ruleSets: Readonly<Record<string, RuleMaterial>>;
  /** By listener name. */
  readonly listeners: Readonly<Record<string, readonly CertificateMaterial[]>>;
  /** By API id. */
  readonly upstreams: Readonly<Record<string, UpstreamTls>>;
  /** The country database, shared by all threads. */
  readonly countries: SharedArrayBuffer;
}

/** A configuration on its way to the threads; each compiles it for itself. */
export interface PlanDocument {
  readonly version: number;
  /** The resolved configuration document, see `parseDocument`. */
  readonly document: unknown;
  readonly baseDir: string;
  readonly material: Material;
  /** Ports that listeners with port 0 were given, by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** How to reach the built-in authorization server; null where there is none. */
  readonly oauth: { readonly port: number; readonly secret: string } | null;
}

/** What a thread is started with. */
export interface ThreadData {
  readonly index: number;
  readonly counters: SharedArrayBuffer;
  /** Slots of requests under way; the thread writes the counts of its index. */
  readonly slots: SharedArrayBuffer;
  /** Memory of `GuardFacts`. */
  readonly guardFacts: SharedArrayBuffer;
  /** Used identifiers: tokens, proofs, signatures. */
  readonly replay: SharedArrayBuffer;
  /** What nonces for DPoP proofs are made of. */
  readonly nonceSecret: Uint8Array;
  readonly logins: SharedArrayBuffer;
  readonly behaviours: SharedArrayBuffer;
  /** What is under way at upstreams, and how much they take. */
  readonly loads: SharedArrayBuffer;
  /** Whether there is an attack. */
  readonly attack: SharedArrayBuffer;
  readonly ticketKeys: Uint8Array;
  readonly plan: PlanDocument;
  readonly apiKeys: readonly ApiKeyRecord[];
  readonly revocations: readonly TokenRevocation[];
  readonly limitExceptions: readonly LimitException[];
  readonly wafBypasses: readonly BypassRecord[];
  readonly ruleTrials: readonly RuleTrial[];
  /** Until when records from the store may be trusted; null where they belong to this gateway alone. */
  readonly lease: Lease | null;
  readonly keySets: readonly KeySetUpdate[];
  readonly unhealthy: readonly HealthChange[];
  readonly adaptive: AdaptiveState;
}

/** What the active health checks found out about a target. */
export interface HealthChange {
  readonly upstream: string;
  readonly origin: string;
  readonly isHealthy: boolean;
}

/** What the main thread tells a data-plane thread. Those with `call` are answered by `done`. */
export type ToThread =
  | { readonly type: 'prepare'; readonly call: number; readonly plan: PlanDocument }
  | { readonly type: 'commit'; readonly call: number; readonly version: number }
  | { readonly type: 'discard'; readonly call: number; readonly version: number }
  | { readonly type: 'apiKeys'; readonly call: number; readonly update: KeyUpdate }
  | { readonly type: 'revocations'; readonly call: number; readonly update: RevocationUpdate }
  | { readonly type: 'limitExceptions'; readonly call: number; readonly update: ExceptionUpdate }
  | { readonly type: 'wafBypasses'; readonly call: number; readonly update: WafUpdate<BypassRecord> }
  | { readonly type: 'ruleTrials'; readonly call: number; readonly update: WafUpdate<RuleTrial> }
  | { readonly type: 'lease'; readonly lease: Lease }
  | { readonly type: 'metrics'; readonly call: number }
  | { readonly type: 'drain'; readonly call: number; readonly deadlineMs: number }
  | { readonly type: 'keySet'; readonly update: KeySetUpdate }
  | { readonly type: 'refetched'; readonly call: number; readonly fetched: boolean }
  | { readonly type: 'certificateStatus'; readonly id: number; readonly answer: StatusAnswer }
  | { readonly type: 'health'; readonly change: HealthChange }
  | { readonly type: 'reopenJournal' }
  | { readonly type: 'adaptive'; readonly state: AdaptiveState }
  | { readonly type: 'window'; readonly call: number };

/** What a thread tells the main thread. */
export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly sentence: string }
  | { readonly type: 'done'; readonly call: number; readonly result: unknown }
  | { readonly type: 'certificateStatus'; readonly id: number; readonly question: StatusQuestion }
  | { readonly type: 'refetch'; readonly call: number; readonly issuerId: string; readonly kid: string }
  | {
      readonly type: 'notes';
      readonly notes: ThreadNotes;
    }
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'journalProblem'; readonly sentence: string }
  | { readonly type: 'replayProblem'; readonly sentence: string }
  | { readonly type: 'journalFull' }
  | { readonly type: 'bug'; readonly requestId: string; readonly stage: string; readonly stack: string };

/** Result of `prepare`: why the plan cannot come into force; empty when it can. */
export type PrepareResult = readonly ConfigProblem[];
/** Result of `window`: what was counted since the last one; null when nothing is. */
export type WindowResult = ThreadWindow | null;
/** Result of `metrics`. */
export type MetricsResult = MetricsSnapshot;
