import type { AttackModeConfig } from '../config/attack.schema.ts';
import type { AttackCause, AttackFigures, AttackMode } from '../core/attack.ts';
import type { NoticeKind, Notices } from '../core/notices.ts';
import type { Clock } from '../core/ports.ts';
import { AttackFlag } from '../stores/shared/attack-flag.ts';
import { AttackJudge } from './attack-judge.ts';

const LOOK_MS = 1000;

/** What attack mode uses of a gateway. */
export interface AttackParts {
  readonly memory: SharedArrayBuffer;
  readonly notices: Notices;
  readonly clock: Clock;
  /** A clock that nobody sets. */
  monotonicMs(): number;
  /** That which is in force. */
  config(): AttackModeConfig;
}

/** Attack mode as the main thread switches it, by command and by itself; tells when it begins and when it ends. */
export class SwitchedAttack implements AttackMode {
  readonly #parts: AttackParts;
  readonly #flag: AttackFlag;
  readonly #judge: AttackJudge;
  #cause: '' | AttackCause = '';
  #beganMs = 0;
  #peakPerS = 0;
  /** What was refused before it began. */
  #refusedBefore = 0;
  #end: NodeJS.Timeout | undefined;
  #looks: NodeJS.Timeout | undefined;

  constructor(parts: AttackParts) {
    this.#parts = parts;
    this.#flag = new AttackFlag(parts.memory);
    this.#judge = new AttackJudge(this.#flag.came, parts.monotonicMs());
  }

  /** Looks every second from now on. */
  open(): void {
    this.#looks = setInterval(() => this.look(), LOOK_MS);
    this.#looks.unref();
  }

  close(): void {
    clearInterval(this.#looks);
    clearTimeout(this.#end);
  }

  /** Looks at what came since the last time, and switches if that is too much, or no longer. */
  look(): void {
    const config = this.#parts.config();
    const nowMs = this.#parts.monotonicMs();
    const event = this.#judge.look(this.#flag.came, nowMs, config, this.#cause === 'command');
    this.#peakPerS = Math.max(this.#peakPerS, this.#judge.perS);
    if (this.#cause === 'threshold' && !this.#judge.wouldBeOn) this.#finish(event || 'configuration');
    if (event === 'start') this.#startByItself(config);
    if (this.#cause !== '') this.#flag.strangersPerS = this.#judge.strangersPerS(config);
  }

  start(forMs: number): AttackFigures {
    this.#judge.holdOff(0);
    const untilMs = this.#parts.clock.nowMs() + forMs;
    if (this.#cause === '') this.#begin('command', untilMs);
    this.#cause = 'command';
    this.#flag.set(this.#beganMs, untilMs);
    clearTimeout(this.#end);
    this.#end = setTimeout(() => this.#finish('time'), forMs);
    this.#end.unref();
    return this.state();
  }

  stop(): AttackFigures {
    this.#judge.holdOff(this.#parts.config().holdOffS);
    if (this.#cause !== '') this.#finish('command');
    return this.state();
  }

  state(): AttackFigures {
    const config = this.#parts.config();
    const state = this.#flag.read(this.#parts.clock.nowMs());
    const thresholdPerS = config.mode === 'off' ? 0 : this.#judge.thresholdPerS(config);
    return {
      ...state,
      cause: state.isOn ? this.#cause : '',
      wouldBeOn: !state.isOn && this.#judge.wouldBeOn,
      requestsPerS: Math.round(this.#judge.perS),
      normalPerS: Math.round(this.#judge.normalPerS),
      thresholdPerS: Number.isFinite(thresholdPerS) ? Math.round(thresholdPerS) : 0,
      strangersPerS: this.#flag.strangersPerS,
      refused: state.isOn ? this.#refused : 0,
    };
  }

  get #refused(): number {
    return (this.#flag.refused - this.#refusedBefore) >>> 0;
  }

  #startByItself(config: AttackModeConfig): void {
    const nowMs = this.#parts.clock.nowMs();
    if (config.mode === 'enforce') return this.#begin('threshold', nowMs + config.maxS * 1000);
    const strangersPerS = this.#judge.strangersPerS(config);
    this.#tell('attack.would-start', nowMs, { ...this.#seen(), strangersPerS });
  }

  #begin(cause: AttackCause, untilMs: number): void {
    const config = this.#parts.config();
    this.#beganMs = this.#parts.clock.nowMs();
    this.#cause = cause;
    this.#peakPerS = this.#judge.perS;
    this.#refusedBefore = this.#flag.refused;
    this.#flag.strangersPerS = this.#judge.strangersPerS(config);
    this.#flag.set(this.#beganMs, untilMs);
    const until = new Date(untilMs).toISOString();
    const { strangersPerS } = this.#flag;
    this.#tell('attack.started', this.#beganMs, { cause, until, ...this.#seen(), strangersPerS });
  }

  #finish(cause: string): void {
    clearTimeout(this.#end);
    const refused = this.#refused;
    this.#cause = '';
    this.#flag.set(0, 0);
    this.#flag.strangersPerS = 0;
    const minutes = Math.round((this.#parts.clock.nowMs() - this.#beganMs) / 60_000);
    const peakPerS = Math.round(this.#peakPerS);
    this.#tell('attack.ended', this.#beganMs, { cause, minutes, ...this.#seen(), peakPerS, refused });
  }

  #seen(): Record<string, number> {
    const { requestsPerS, normalPerS, thresholdPerS } = this.state();
    return { requestsPerS, normalPerS, thresholdPerS };
  }

  #tell(kind: NoticeKind, atMs: number, payload: Record<string, string | number>): void {
    this.#parts.notices.raise({ kind, dedupeKey: `${kind} ${atMs}`, payload });
  }
}
