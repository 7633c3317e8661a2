import { fileURLToPath } from 'node:url';
import { runToEnd } from './processes.ts';

/** What the generator is told, as JSON on its command line. */
export interface GeneratorOptions {
  readonly port: number;
  /** Where it warms up: something quick with the same answer. */
  readonly warmUpPort: number;
  readonly requestPath: string;
  /** Length of the body that every answer has. */
  readonly answerBytes: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
}

/** What the generator prints. Latencies count from when a request was due, not from when it could be sent. */
export interface OpenLoopResult {
  readonly achievedPerSecond: number;
  /** Requests of the schedule without an answer at the end. */
  readonly unanswered: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Share of the time in which the generator had nothing to do: without any, it is the one that cannot keep up. */
  readonly spare: number;
  /** Share of the time in which the generator did not run, because something else or the host had its CPU. */
  readonly stalled: number;
}

const GENERATOR = fileURLToPath(new URL('./open-loop-generator.ts', import.meta.url));

/**
 * Sends requests over HTTP at a fixed rate, whether or not answers come in time.
 *
 * Shape: the generator spins in a process of its own, below every other one (SCHED_IDLE), so that the upstream beside
 * it on the same CPUs never waits for it.
 */
export async function runOpenLoop(
  options: GeneratorOptions,
  { cpus, signal }: { readonly cpus: string; readonly signal: AbortSignal },
): Promise<OpenLoopResult> {
  const node = [process.execPath, '--max-semi-space-size=64', GENERATOR, JSON.stringify(options)];
  const output = await runToEnd({ cpus, signal }, 'chrt', ['--idle', '0', ...node]);
  return JSON.parse(output) as OpenLoopResult;
}
