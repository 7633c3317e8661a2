import type { AttackMode, AttackState } from '../core/attack.ts';
import type { Notices } from '../core/notices.ts';
import type { Clock } from '../core/ports.ts';
import { AttackFlag } from '../stores/shared/attack-flag.ts';

/** Attack mode as the main thread switches it; tells when it begins and when it ends. */
export class SwitchedAttack implements AttackMode {
  readonly #flag: AttackFlag;
  readonly #notices: Notices;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | null = null;

  constructor(memory: SharedArrayBuffer, notices: Notices, clock: Clock) {
    this.#flag = new AttackFlag(memory);
    this.#notices = notices;
    this.#clock = clock;
  }

  start(forMs: number): AttackState {
    const nowMs = this.#clock.nowMs();
    const { isOn, startedAtMs } = this.#flag.read(nowMs);
    const beganMs = isOn ? startedAtMs : nowMs;
    const untilMs = nowMs + forMs;
    this.#flag.set(beganMs, untilMs);
    const until = new Date(untilMs).toISOString();
    if (!isOn) this.#tell('attack.started', beganMs, { cause: 'command', until });
    this.#wait(forMs, beganMs);
    return this.state();
  }

  stop(): AttackState {
    const { isOn, startedAtMs } = this.#flag.read(this.#clock.nowMs());
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (isOn) this.#end(startedAtMs, 'command');
    return this.state();
  }

  state(): AttackState {
    return this.#flag.read(this.#clock.nowMs());
  }

  #wait(forMs: number, beganMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(beganMs, 'time'), forMs);
    this.#timer.unref();
  }

  #end(beganMs: number, cause: 'command' | 'time'): void {
    this.#flag.set(0, 0);
    const minutes = Math.round((this.#clock.nowMs() - beganMs) / 60_000);
    this.#tell('attack.ended', beganMs, { cause, minutes });
  }

  #tell(
    kind: 'attack.started' | 'attack.ended',
    beganMs: number,
    payload: Record<string, string | number>,
  ): void {
    this.#notices.raise({ kind, dedupeKey: `${kind} ${beganMs}`, payload });
  }
}
