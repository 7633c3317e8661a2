/** What a timer does when its time has come. */
export interface Timed {
  onTime(): void;
}

/** Length of one step of a wheel. */
export const TICK_MS = 50;
const SLOTS = 1024;

/**
 * Many timers that are set anew all the time and seldom run out, such as those of connections.
 *
 * Shape: a ring of slots, one per tick; whoever owns the wheel calls `advance`, which fires what is due.
 * Cost: setting a timer later than it stands, the usual case, is one assignment; it moves when its slot comes round.
 * Units: milliseconds of any clock that does not go back. A timer fires never early and at most two ticks late.
 */
export class TimerWheel {
  /** The time of the last `advance`. */
  nowMs: number;
  readonly #slots: (Timer | null)[] = new Array(SLOTS).fill(null);
  /** Number of ticks that were worked off. */
  #tick: number;
  #count = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
    this.#tick = Math.floor(nowMs / TICK_MS);
  }

  /** Timers that stand in the wheel. */
  get size(): number {
    return this.#count;
  }

  /** Fires the timers whose time has come. */
  advance(nowMs: number): void {
    this.nowMs = nowMs;
    const last = Math.floor(nowMs / TICK_MS);
    // After a standstill of more than a round, each slot is due once.
    const from = Math.max(this.#tick + 1, last - SLOTS + 1);
    this.#tick = last;
    for (let tick = from; tick <= last; tick++) this.#empty(tick % SLOTS);
  }

  /** Puts a timer where it is looked at next. For timers only. */
  link(timer: Timer): void {
    const due = Math.ceil(timer.deadlineMs / TICK_MS);
    const tick = Math.min(Math.max(due, this.#tick + 1), this.#tick + SLOTS - 1);
    const slot = tick % SLOTS;
    const head = this.#slots[slot] as Timer | null;
    timer.slot = slot;
    timer.slotMs = tick * TICK_MS;
    timer.previous = null;
    timer.next = head;
    if (head !== null) head.previous = timer;
    this.#slots[slot] = timer;
    this.#count++;
  }

  /** Takes a timer out. For timers only. */
  unlink(timer: Timer): void {
    if (timer.previous === null) this.#slots[timer.slot] = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next !== null) timer.next.previous = timer.previous;
    timer.previous = timer.next = null;
    timer.slot = -1;
    this.#count--;
  }

  /** Fires what is due in a slot and moves the rest on. What a firing timer sets or stops is seen. */
  #empty(slot: number): void {
    const later: Timer[] = [];
    try {
      for (let timer = this.#slots[slot] ?? null; timer !== null; timer = this.#slots[slot] ?? null) {
        this.unlink(timer);
        if (timer.deadlineMs <= this.nowMs) timer.fire();
        else if (timer.isSet) later.push(timer);
      }
    } finally {
      for (const each of later) if (each.slot < 0 && each.isSet) this.link(each);
    }
  }
}

/** A timer of a wheel; at first it does not run. */
export class Timer {
  deadlineMs: number = Number.POSITIVE_INFINITY;
  /** Its place in the wheel; the wheel's to write. */
  slot = -1;
  slotMs = 0;
  previous: Timer | null = null;
  next: Timer | null = null;
  readonly #wheel: TimerWheel;
  readonly #timed: Timed;

  constructor(wheel: TimerWheel, timed: Timed) {
    this.#wheel = wheel;
    this.#timed = timed;
  }

  get isSet(): boolean {
    return this.deadlineMs !== Number.POSITIVE_INFINITY;
  }

  /** Lets it run out in `delayMs`, whatever it was set to before. */
  set(delayMs: number): void {
    // Time has gone on since the wheel was last told: a tick more, so that it is never early.
    this.deadlineMs = this.#wheel.nowMs + delayMs + TICK_MS;
    if (this.slot >= 0) {
      if (this.slotMs <= this.deadlineMs) return;
      this.#wheel.unlink(this);
    }
    this.#wheel.link(this);
  }

  /** It does not run any more, and may be set again. */
  stop(): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** It is not needed any more: nothing refers to it. */
  remove(): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    if (this.slot >= 0) this.#wheel.unlink(this);
  }

  /** For the wheel only. */
  fire(): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.#timed.onTime();
  }
}
