import { compare } from './comparisons.ts';
import { layOutCpus } from './cpu-layout.ts';
import { GATEWAY } from './gateway.ts';
import { HAPROXY_TOKENS, haproxyKind } from './haproxy.ts';
import { measureLatency } from './latency.ts';
import type { LimitMeasurements } from './limits.ts';
import { describeMachine } from './machine.ts';
import { NGINX_LIMITED, nginxKind } from './nginx.ts';
import type { BenchOptions } from './options.ts';
import type { BenchReport } from './report.ts';
import { type Place, startRig } from './rig.ts';
import { type Cell, runRounds, tokensNeeded } from './rounds.ts';
import { SCENARIOS, SCHEMES } from './scenarios.ts';
import type { StageLoop } from './stage-loop.ts';
import type { Rig, Subject, SubjectKind } from './subject.ts';
import { measureThroughput, type Throughput } from './throughput.ts';
import type { TokenLoop } from './token-loop.ts';
import type { TokenPool } from './tokens.ts';
import { verify } from './verify.ts';

/** Who is measured, in this order within a round. */
const KINDS: readonly SubjectKind[] = [
  nginxKind(true),
  nginxKind(false),
  haproxyKind(true),
  haproxyKind(false),
  HAPROXY_TOKENS,
  NGINX_LIMITED,
  GATEWAY,
];
const LATENCY_KINDS = ['nginx', 'haproxy', 'gateway'];
const THROUGHPUT_KINDS = ['nginx', 'gateway'];

/** Takes note of what could not be measured, in a sentence. */
type Skip = (sentence: string) => void;

/** Runs the whole bench in a temporary folder; the caller ends the processes. */
export async function runBench(options: BenchOptions, place: Place, commit: string): Promise<BenchReport> {
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const cpus = layOutCpus();
  if (machine.load > machine.cores / 4)
    tell(`the machine is busy (load average ${machine.load}): expect wide spreads`);
  const skipped: string[] = [];
  const skip: Skip = (sentence) => {
    skipped.push(sentence);
    tell(`skipped: ${sentence}`);
  };
  const { rig, tokens } = await startRig(place, cpus.load);
  const subjects = await startSubjects(rig, cpus.subject, skip);
  const { cells, tls } = await measureCells(subjects, rig, tokens, { ...options, cpus: cpus.load }, skip);
  const latencies = await measureLatency(
    only(LATENCY_KINDS, subjects),
    rig,
    { ...options, cpus: cpus.load },
    tell,
  );
  for (const { kind, failure } of latencies) if (failure !== '') skip(`${kind.title}, latency: ${failure}`);
  const measurements = { cells, latencies, comparisons: compare({ cells, latencies }) };
  const throughput = await tryThroughput([...only(THROUGHPUT_KINDS, subjects).keys()], rig, options, skip);
  const stageLoop = await tryStageLoop(skip);
  const tokenLoop = await tryTokenLoop(skip);
  const limits = await tryLimits(rig, skip);
  const logging = Object.fromEntries([...subjects.keys()].map((kind) => [kind.title, kind.logging]));
  const circumstances = { startedAt, commit, options, machine, cpus, logging, tls, skipped };
  return { ...circumstances, ...measurements, throughput, stageLoop, tokenLoop, limits };
}

async function startSubjects(rig: Rig, cpus: string, skip: Skip): Promise<Map<SubjectKind, Subject>> {
  const subjects = new Map<SubjectKind, Subject>();
  for (const kind of KINDS) {
    try {
      subjects.set(kind, await kind.start(rig, { threads: 1, cpus }));
    } catch (error) {
      if (!kind.optional || rig.signal.aborted) throw error;
      skip(`${kind.title}: ${(error as Error).message}`);
    }
  }
  return subjects;
}

function only(
  ids: readonly string[],
  subjects: ReadonlyMap<SubjectKind, Subject>,
): Map<SubjectKind, Subject> {
  return new Map([...subjects].filter(([{ id }]) => ids.includes(id)));
}

/** Measures every scenario; cells that failed are among what it returns. */
async function measureCells(
  subjects: ReadonlyMap<SubjectKind, Subject>,
  rig: Rig,
  tokens: TokenPool,
  options: BenchOptions & { readonly cpus: string },
  skip: Skip,
): Promise<{ cells: Cell[]; tls: Record<string, string> }> {
  const token = await tokens.one();
  const { cells, tls } = await planCells(subjects, options, token, skip);
  const needed = tokensNeeded(cells, options);
  if (needed > 0) tell(`signing ${needed} tokens`);
  await tokens.fill(needed, rig.signal);
  await runRounds(cells, rig, { ...options, token, tokens }, tell);
  for (const { kind, scenario, scheme, failure } of cells) {
    if (failure !== '') skip(`${kind.title}, ${scenario.title}, ${scheme}: ${failure}`);
  }
  return { cells, tls };
}

/** Lists what to measure: everything that answers as it should, subjects of one scenario side by side. */
async function planCells(
  subjects: ReadonlyMap<SubjectKind, Subject>,
  options: BenchOptions,
  token: string,
  skip: Skip,
): Promise<{ cells: Cell[]; tls: Record<string, string> }> {
  const cells: Cell[] = [];
  const tls: Record<string, string> = {};
  for (const scheme of SCHEMES) {
    for (const scenario of SCENARIOS.filter(({ id }) => options.only.includes(id))) {
      for (const [kind, subject] of subjects) {
        if (!kind.runs(scenario)) continue;
        try {
          const spoken = await verify(kind, subject, scenario, scheme, token);
          if (spoken !== '') tls[kind.title] = spoken;
          cells.push({ kind, subject, scenario, scheme, samples: [], failure: '' });
        } catch (error) {
          if (!kind.optional) throw error;
          skip((error as Error).message);
        }
      }
    }
  }
  return { cells, tls };
}

async function tryThroughput(
  kinds: readonly SubjectKind[],
  rig: Rig,
  options: BenchOptions,
  skip: Skip,
): Promise<Throughput[]> {
  try {
    tell('requests per second with 1 and 2 threads');
    return await measureThroughput(kinds, rig, options);
  } catch (error) {
    rig.signal.throwIfAborted();
    skip(`requests per second: ${(error as Error).message}`);
    return [];
  }
}

/** Loads the sources only here: servers can be measured while the gateway's code does not even load. */
async function tryStageLoop(skip: Skip): Promise<StageLoop | null> {
  try {
    const { measureStageLoop } = await import('./stage-loop.ts');
    return await measureStageLoop();
  } catch (error) {
    skip(`the stage loop: ${(error as Error).message}`);
    return null;
  }
}

async function tryTokenLoop(skip: Skip): Promise<TokenLoop | null> {
  try {
    const { measureTokenLoop } = await import('./token-loop.ts');
    return await measureTokenLoop();
  } catch (error) {
    skip(`the token loop: ${(error as Error).message}`);
    return null;
  }
}

async function tryLimits(rig: Rig, skip: Skip): Promise<LimitMeasurements | null> {
  try {
    const { measureLimits } = await import('./limits.ts');
    return await measureLimits(rig, tell);
  } catch (error) {
    rig.signal.throwIfAborted();
    skip(`the limiters: ${(error as Error).message}`);
    return null;
  }
}

function tell(line: string): void {
  console.log(line);
}
