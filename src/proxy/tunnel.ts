import type { Route } from '../core/route.ts';
import type { Exchange, UpgradedWire } from './exchange.ts';
import type { Wire, WireSink } from './wire.ts';

/** Time in which what was sent last must reach the other end. */
const LAST_MS = 10_000;

/** One direction of a tunnel: what comes out of `from` goes into `into`. */
class Direction implements WireSink {
  readonly #from: UpgradedWire;
  readonly #into: Wire;

  constructor(from: UpgradedWire, into: Wire) {
    this.#from = from;
    this.#into = into;
    from.wire.sink = this;
  }

  /** Passes on what came before the tunnel stood. */
  start(): void {
    const { head, wire } = this.#from;
    if (head.length > 0) this.onBytes(head);
    // It may have ended before the tunnel stood, and does not say so a second time.
    if (wire.socket.readableEnded) this.onEnd();
    if (!this.#into.isBlocked) wire.resume();
  }

  onBytes(bytes: Buffer): void {
    if (!this.#into.write(bytes)) this.#from.wire.pause();
  }

  onEnd(): void {
    this.#into.end();
  }

  /** The other direction may go on: its bytes have left through this wire. */
  onDrain(): void {
    this.#into.resume();
  }

  onFlushed(): void {}

  /** Ends the other side too: at once after a failure, else when it has got what was sent. */
  onClose(error: Error | null): void {
    this.#from.onClosed();
    const left = this.#into;
    if (!left.isOpen) return;
    if (error !== null) return left.destroy();
    left.end();
    // What it may still send has nowhere to go.
    left.sink = this.#drop();
    left.resume();
  }

  #drop(): WireSink {
    const { sink } = this.#into;
    const timer = setTimeout(() => this.#into.destroy(), LAST_MS);
    const onClose = (error: Error | null): void => {
      clearTimeout(timer);
      sink.onClose(error);
    };
    return { onBytes() {}, onEnd() {}, onDrain() {}, onFlushed() {}, onClose };
  }
}

/** Passes bytes both ways between a client and an upstream that switched protocols, with backpressure and half-close. */
export function joinWires(client: UpgradedWire, upstream: UpgradedWire): void {
  const up = new Direction(client, upstream.wire);
  const down = new Direction(upstream, client.wire);
  up.start();
  down.start();
}

/** The protocol that the upstream is asked to switch to; '' for none. */
export function upgradeFor(route: Route, exchange: Exchange): string {
  const { upgrade } = exchange;
  if (upgrade === '' || !route.upgrades.includes(upgrade)) return '';
  // What follows may be frames of that protocol, also when the answer is no switch.
  exchange.closeAfterwards();
  return upgrade;
}
