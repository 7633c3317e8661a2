import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuPerRequest, cpuTimeOf } from './cpu-time.ts';
import { runLoad } from './load.ts';
import { fillIn, requestText, type Scenario, type Scheme } from './scenarios.ts';
import { originOf, type Rig, type Subject, type SubjectKind } from './subject.ts';
import type { TokenPool } from './tokens.ts';

/** One measured run. */
export interface Sample {
  /** CPU time per request, in microseconds. */
  readonly cpuUs: number;
  /** Of that, in the program itself and in the kernel. */
  readonly userUs: number;
  readonly systemUs: number;
  readonly requests: number;
  readonly bytesPerCpuS: number;
  /** 0 where tokens ended the run. */
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** One subject running one scenario over one scheme. */
export interface Cell {
  readonly kind: SubjectKind;
  readonly subject: Subject;
  readonly scenario: Scenario;
  readonly scheme: Scheme;
  readonly samples: Sample[];
  /** A sentence when the cell could not be measured; '' otherwise. */
  failure: string;
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Where the load comes from. */
  readonly cpus: string;
  /** Sent again and again where a scenario's token may repeat. */
  readonly token: string;
  readonly tokens: TokenPool;
}

/** Long enough for journals and logs to be flushed, which belongs to the requests. */
const SETTLE_MS = 200;
const TOKENS_PER_S = 5000;
const MOST_TOKENS_PER_RUN = 20_000;

/** Tokens that a run uses up at most; a signature takes long to make, so such runs are shorter. */
function tokensPerRun(seconds: number): number {
  return Math.min(TOKENS_PER_S * freshSeconds(seconds), MOST_TOKENS_PER_RUN);
}

/** How long a run with fresh tokens may take: about as long as they last, so that hardly any idle time counts. */
function freshSeconds(seconds: number): number {
  return Math.ceil(Math.min(seconds / 2, MOST_TOKENS_PER_RUN / TOKENS_PER_S));
}

/** Tokens that all runs of the cells use up. */
export function tokensNeeded(
  cells: readonly Cell[],
  options: Pick<RoundsOptions, 'rounds' | 'seconds'>,
): number {
  const measured = options.rounds * tokensPerRun(options.seconds);
  const fresh = cells.filter(({ scenario }) => scenario.freshTokens);
  return fresh.reduce((sum, { kind }) => sum + measured + tokensPerRun(kind.warmUpS), 0);
}

/**
 * Warms every cell up, then measures all of them in every round: A B C A B C, so that what the machine does beside
 * the bench hits everyone. A cell that fails is left out from there on.
 */
export async function runRounds(
  cells: readonly Cell[],
  rig: Rig,
  options: RoundsOptions,
  tell: (line: string) => void,
): Promise<void> {
  for (let round = 0; round <= options.rounds; round++) {
    const startedMs = Date.now();
    for (const cell of cells) {
      if (cell.failure !== '') continue;
      try {
        const seconds = round === 0 ? cell.kind.warmUpS : options.seconds;
        const sample = await measure(cell, rig, { ...options, seconds });
        if (round > 0) cell.samples.push(sample);
      } catch (error) {
        rig.signal.throwIfAborted();
        cell.failure = (error as Error).message;
        tell(`${cell.kind.title}, ${cell.scenario.title}, ${cell.scheme}: ${cell.failure}`);
      }
    }
    const name = round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`;
    tell(`${name}: ${cells.length} runs, ${Math.round((Date.now() - startedMs) / 1000)} s`);
  }
}

async function measure(cell: Cell, rig: Rig, options: RoundsOptions): Promise<Sample> {
  const { subject, scenario } = cell;
  const requestPath = join(rig.dir, 'request.txt');
  const token = scenario.freshTokens ? undefined : options.token;
  writeFileSync(requestPath, fillIn(requestText(scenario), { key: subject.key, token }));
  const tokensPath = scenario.freshTokens ? options.tokens.take(tokensPerRun(options.seconds)) : '';
  for (const path of subject.logPaths) truncateSync(path);
  const before = cpuTimeOf(subject.pid);
  const { requests, bytes, ...result } = await runLoad({
    origin: originOf(subject, cell.scheme),
    requestPath,
    tokensPath,
    seconds: scenario.freshTokens ? freshSeconds(options.seconds) : options.seconds,
    connections: scenario.connections,
    threads: 1,
    cpus: options.cpus,
    signal: rig.signal,
  });
  await sleep(SETTLE_MS, undefined, { signal: rig.signal });
  const cpu = cpuPerRequest(before, cpuTimeOf(subject.pid), requests);
  return { ...cpu, requests, bytesPerCpuS: (bytes / requests / cpu.cpuUs) * 1e6, ...result };
}
