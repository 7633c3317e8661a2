import { readFileSync } from 'node:fs';
import { GeneratorConnection } from './generator-connection.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { GeneratorOptions, OpenLoopResult } from './open-loop.ts';

/** Enough for every function here to be compiled for good, which would take milliseconds of a measured run. */
const WARM_UP_REQUESTS = 50_000;
const LEAD_IN_S = 0.25;
const DRAIN_MS = 2000;
/** Longer than any turn has work for: something else had the CPU. */
const STALL_MS = 1;

/** Requests that are due one after the other, at a fixed interval. */
class Schedule {
  readonly #connections: readonly GeneratorConnection[];
  readonly #free: GeneratorConnection[];
  readonly #latencies = new LatencyHistogram();
  readonly #intervalMs: number;
  readonly #total: number;
  #startMs = 0;
  #lastTurnMs = 0;
  #sent = 0;
  #answered = 0;
  #answeredBefore = 0;
  #spareMs = 0;
  #stalledMs = 0;
  #resolve: (result: OpenLoopResult) => void = () => {};

  constructor(connections: readonly GeneratorConnection[], intervalMs: number, total: number) {
    this.#connections = connections;
    this.#free = [...connections];
    this.#intervalMs = intervalMs;
    this.#total = total;
    const onAnswer = (connection: GeneratorConnection) => this.#record(connection);
    for (const connection of connections) connection.onAnswer = onAnswer;
  }

  run(): Promise<OpenLoopResult> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#startMs = performance.now();
      this.#lastTurnMs = this.#startMs;
      this.#turn();
    });
  }

  /**
   * Sends what is due, then lets the event loop read answers: never sleeps, because timers are a millisecond coarse.
   *
   * Shape: when every connection is busy the requests that are due wait, and their latency counts from when they were due.
   */
  readonly #turn = (): void => {
    const nowMs = performance.now();
    const tookMs = nowMs - this.#lastTurnMs;
    let isIdle = this.#answered === this.#answeredBefore;
    while (this.#sent < this.#total && this.#free.length > 0) {
      const dueMs = this.#startMs + this.#sent * this.#intervalMs;
      if (dueMs > nowMs) break;
      this.#free.pop()!.send(dueMs);
      this.#sent++;
      isIdle = false;
    }
    if (tookMs > STALL_MS) this.#stalledMs += tookMs;
    else if (isIdle) this.#spareMs += tookMs;
    this.#answeredBefore = this.#answered;
    this.#lastTurnMs = nowMs;
    const endMs = this.#startMs + this.#total * this.#intervalMs + DRAIN_MS;
    if (this.#answered < this.#total && nowMs < endMs) setImmediate(this.#turn);
    else this.#resolve(this.#finish(nowMs));
  };

  #record(connection: GeneratorConnection): void {
    this.#latencies.record((performance.now() - connection.dueMs) * 1000);
    this.#answered++;
    this.#free.push(connection);
  }

  /** What is still unanswered counts as answered now: leaving it out would flatter. */
  #finish(nowMs: number): OpenLoopResult {
    const busy = this.#connections.filter((connection) => !this.#free.includes(connection));
    for (const { dueMs } of busy) this.#latencies.record((nowMs - dueMs) * 1000);
    for (let index = this.#sent; index < this.#total; index++) {
      this.#latencies.record((nowMs - this.#startMs - index * this.#intervalMs) * 1000);
    }
    const tookMs = nowMs - this.#startMs;
    return {
      achievedPerSecond: (this.#answered * 1000) / tookMs,
      unanswered: this.#total - this.#answered,
      p50Us: this.#latencies.percentile(0.5),
      p99Us: this.#latencies.percentile(0.99),
      spare: this.#spareMs / tookMs,
      stalled: this.#stalledMs / tookMs,
    };
  }
}

/** Warms this process up on the upstream, then sends the schedule to the subject. */
async function generate(options: GeneratorOptions): Promise<OpenLoopResult> {
  const expected = { request: readFileSync(options.requestPath), answerBytes: options.answerBytes };
  const open = (port: number) =>
    Promise.all(
      Array.from({ length: options.connections }, () => GeneratorConnection.open(port, expected, fail)),
    );
  const warming = await open(options.warmUpPort);
  await new Schedule(warming, 0, WARM_UP_REQUESTS).run();
  for (const connection of warming) connection.close();
  const connections = await open(options.port);
  const { perSecond, seconds } = options;
  await new Schedule(connections, 1000 / perSecond, Math.round(perSecond * LEAD_IN_S)).run();
  return new Schedule(connections, 1000 / perSecond, perSecond * seconds).run();
}

function fail(sentence: string): never {
  console.error(`the load generator: ${sentence}`);
  process.exit(1);
}

const result = await generate(JSON.parse(process.argv[2]!) as GeneratorOptions);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
