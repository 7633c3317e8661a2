import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLoad } from './load.ts';
import { type OpenLoopResult, runOpenLoop } from './open-loop.ts';
import { requestText, scenarioOf } from './scenarios.ts';
import { originOf, type Rig, type Subject, type SubjectKind } from './subject.ts';

/** One run at a fixed rate. */
export interface LatencySample extends OpenLoopResult {
  /** What the subject carried just before. */
  readonly mostPerSecond: number;
  /** The rate of the schedule: half of that, or less where the generator could not keep up. */
  readonly perSecond: number;
  readonly isLowered: boolean;
}

/** Latency of a plain GET over HTTP at half of what one subject carries at most. */
export interface Latency {
  readonly kind: SubjectKind;
  readonly subject: Subject;
  readonly samples: LatencySample[];
  /** A sentence when it could not be measured; '' otherwise. */
  failure: string;
}

export interface LatencyOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Where the load comes from. */
  readonly cpus: string;
}

const SHARE_OF_MOST = 0.5;
const CONNECTIONS = 32;
const LEAST_SPARE = 0.03;
/** How far a rate goes down when the generator cannot keep up, and how often in one round. */
const STEP_DOWN = 0.85;
const MOST_TRIES = 4;

/** Measures every subject in every round: its maximum with wrk, then its latency at half of that. */
export async function measureLatency(
  subjects: ReadonlyMap<SubjectKind, Subject>,
  rig: Rig,
  options: LatencyOptions,
  tell: (line: string) => void,
): Promise<Latency[]> {
  const requestPath = join(rig.dir, 'latency.txt');
  writeFileSync(requestPath, requestText(scenarioOf('plain')));
  const rows = [...subjects].map(([kind, subject]): Latency => ({ kind, subject, samples: [], failure: '' }));
  for (let round = 1; round <= options.rounds; round++) {
    for (const row of rows.filter(({ failure }) => failure === '')) {
      try {
        row.samples.push(await measure(row, requestPath, rig, options));
      } catch (error) {
        rig.signal.throwIfAborted();
        row.failure = (error as Error).message;
      }
    }
    tell(`latency, round ${round} of ${options.rounds}`);
  }
  return rows;
}

async function measure(
  row: Latency,
  requestPath: string,
  rig: Rig,
  options: LatencyOptions,
): Promise<LatencySample> {
  const from = { cpus: options.cpus, signal: rig.signal };
  const load = { requestPath, connections: CONNECTIONS, ...from };
  const { perSecond: mostPerSecond } = await runLoad({
    ...load,
    origin: originOf(row.subject, 'http'),
    tokensPath: '',
    seconds: Math.ceil(options.seconds / 2),
    threads: 1,
  });
  const { answerBytes } = scenarioOf('plain');
  const schedule = { requestPath, connections: CONNECTIONS, answerBytes, seconds: options.seconds + 1 };
  const ports = { port: row.subject.ports.http, warmUpPort: rig.upstreamPort };
  let perSecond = Math.round(mostPerSecond * SHARE_OF_MOST);
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const result = await runOpenLoop({ ...schedule, ...ports, perSecond }, from);
    if (result.spare >= LEAST_SPARE) return { mostPerSecond, perSecond, isLowered: tries > 1, ...result };
    perSecond = Math.round(perSecond * STEP_DOWN);
  }
  throw new Error('the load generator cannot hold any rate that would tell something');
}
