import { Unavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { discoverMember } from './discovery.ts';
import { FetchBudget } from './fetch-budget.ts';
import { parseJwks } from './jwks.ts';
import type { KeySetUpdate } from './key-set-update.ts';
import type { Scheduler } from './scheduler.ts';

const FIRST_RETRY_MS = 5000;
const MAX_RETRY_MS = 5 * 60_000;
/** What a discovery costs at most, and then the keys. */
const FETCHES_WITH_DISCOVERY = 3;

/** Whose keys to keep, and where they are: an issuer of the configuration has this shape. */
export interface KeyIssuer {
  readonly id: string;
  readonly issuer: string;
  /** Found by discovery when absent. */
  readonly jwks?: { readonly url: string } | { readonly file: string };
  readonly refreshS: number;
  readonly maxStaleS: number;
}

/** What fetching keys needs of the outside world. */
export interface FetcherPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  fetchText(url: string): Promise<string>;
  readFile(path: string): Promise<string>;
  /** Uniform from 0 to 1, so that many gateways do not ask at the same time. */
  random(): number;
  /** Gets every change, to hand it to the threads. */
  publish(update: KeySetUpdate): void;
}

/** What an operator sees of an issuer's keys. */
export interface KeysStatus {
  readonly issuerId: string;
  /** 0 while they were never loaded. */
  readonly loadedAtMs: number;
  /** Why the last attempt failed; '' when it did not. */
  readonly lastProblem: string;
  /** Keys of the set that cannot be used, a sentence each. */
  readonly skipped: readonly string[];
}

/**
 * The keys of one issuer, kept fresh by a timer that no request waits for.
 *
 * Safety: keys outlive a failing provider for `maxStaleS` and not longer. A key set that is fetched and holds
 * no usable key takes the old keys away at once: it is how an issuer withdraws them.
 */
export class IssuerKeys {
  readonly issuer: KeyIssuer;
  readonly #ports: FetcherPorts;
  readonly #budget = new FetchBudget();
  #jwks: string | null = null;
  #problem = '';
  #loadedAtMs = 0;
  #lastProblem = '';
  #publishedProblem = '';
  #skipped: readonly string[] = [];
  #failures = 0;
  #keysUrl = '';
  #inFlight: Promise<boolean> | null = null;
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  constructor(issuer: KeyIssuer, ports: FetcherPorts) {
    this.issuer = issuer;
    this.#ports = ports;
    if (issuer.jwks !== undefined && 'url' in issuer.jwks) this.#keysUrl = issuer.jwks.url;
  }

  /** What the threads were told last. */
  get update(): KeySetUpdate {
    const acceptSecrets = this.#file !== null;
    const [problem, fetchProblem] = [this.#problem, this.#lastProblem];
    return { issuerId: this.issuer.id, jwks: this.#jwks, problem, fetchProblem, acceptSecrets };
  }

  get status(): KeysStatus {
    const [loadedAtMs, lastProblem, skipped] = [this.#loadedAtMs, this.#lastProblem, this.#skipped];
    return { issuerId: this.issuer.id, loadedAtMs, lastProblem, skipped };
  }

  /** Loads the keys now, as the timer does; joins an attempt under way. Resolves to whether it succeeded. */
  load(): Promise<boolean> {
    if (this.issuer.jwks === undefined && this.#inFlight === null) this.#keysUrl = '';
    return this.#attempt();
  }

  /** Loads the keys because of an unknown `kid`, unless the budget of fetches is spent. */
  async refetch(): Promise<boolean> {
    if (this.#inFlight !== null) return this.#inFlight;
    const fetches = this.#keysUrl === '' && this.#file === null ? FETCHES_WITH_DISCOVERY : 1;
    if (this.#closed || !this.#budget.has(fetches, this.#ports.clock.nowMs())) return false;
    return this.#attempt();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  get #file(): string | null {
    const { jwks } = this.issuer;
    return jwks !== undefined && 'file' in jwks ? jwks.file : null;
  }

  #attempt(): Promise<boolean> {
    this.#inFlight ??= this.#run().finally(() => {
      this.#inFlight = null;
    });
    return this.#inFlight;
  }

  async #run(): Promise<boolean> {
    let problem = '';
    try {
      const text = await this.#read();
      if (!this.#closed) this.#accept(text);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      if (!this.#closed) this.#fail(problem);
    }
    if (!this.#closed) this.#schedule();
    return problem === '';
  }

  async #read(): Promise<string> {
    if (this.#file !== null) {
      this.#budget.note(this.#ports.clock.nowMs());
      return this.#ports.readFile(this.#file);
    }
    const fetchText = (url: string) => {
      this.#budget.note(this.#ports.clock.nowMs());
      return this.#ports.fetchText(url);
    };
    if (this.#keysUrl === '') this.#keysUrl = await discoverMember(this.issuer.issuer, 'jwks_uri', fetchText);
    return fetchText(this.#keysUrl);
  }

  #accept(text: string): void {
    const where = this.#file ?? this.#keysUrl;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new Unavailable('issuer', `${where} is not JSON.`);
    }
    const parsed = parseJwks(json, this.#file !== null);
    if (parsed === null) throw new Unavailable('issuer', `${where} is not a JSON Web Key Set.`);
    this.#failures = 0;
    this.#skipped = parsed.skipped;
    this.#loadedAtMs = this.#ports.clock.nowMs();
    this.#lastProblem = '';
    if (parsed.keys.length > 0) {
      this.#publish(text, '');
      return;
    }
    this.#lastProblem = [`${where} holds no key that can be used.`, ...parsed.skipped.slice(0, 3)].join(' ');
    this.#publish(null, this.#lastProblem);
  }

  #fail(problem: string): void {
    this.#failures++;
    this.#lastProblem = problem;
    if (this.#jwks === null) this.#publish(null, problem);
    else if (this.#ports.clock.nowMs() >= this.#staleAtMs) {
      this.#publish(null, `The keys are older than ${this.issuer.maxStaleS} seconds. ${problem}`);
    } else this.#publish(this.#jwks, this.#problem);
  }

  #publish(jwks: string | null, problem: string): void {
    const isKnown = jwks === this.#jwks && problem === this.#problem;
    if (isKnown && this.#publishedProblem === this.#lastProblem) return;
    this.#jwks = jwks;
    this.#problem = problem;
    this.#publishedProblem = this.#lastProblem;
    this.#ports.publish(this.update);
  }

  /** When the keys are too old to be trusted without word from the issuer. A file does not age. */
  get #staleAtMs(): number {
    return this.#file !== null ? Number.POSITIVE_INFINITY : this.#loadedAtMs + this.issuer.maxStaleS * 1000;
  }

  #schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const { clock, scheduler, random } = this.#ports;
    let delayMs: number;
    if (this.#failures > 0) {
      const retryMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 10), MAX_RETRY_MS);
      delayMs = retryMs * (0.5 + 0.5 * random());
      if (this.#jwks !== null) delayMs = Math.min(delayMs, Math.max(this.#staleAtMs - clock.nowMs(), 0));
    } else {
      // A file is read again when the operator says so.
      if (this.#file !== null) return;
      delayMs = this.issuer.refreshS * 1000 * (1 - 0.1 * random());
    }
    this.#cancelTimer = scheduler.after(delayMs, () => this.#tick());
  }

  /** Loads the keys because it is time; later, where a flood of unknown `kid` values has spent the budget. */
  #tick(): void {
    const { clock, scheduler } = this.#ports;
    const fetches = this.issuer.jwks === undefined ? FETCHES_WITH_DISCOVERY : 1;
    const waitMs = this.#budget.roomInMs(fetches, clock.nowMs());
    if (waitMs === 0) return void this.load();
    this.#cancelTimer = scheduler.after(waitMs, () => this.#tick());
  }
}
