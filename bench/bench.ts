import { makeCertificate } from './certificate.ts';
import { compare } from './comparisons.ts';
import { layOutCpus } from './cpu-layout.ts';
import { GATEWAY } from './gateway.ts';
import { haproxyKind } from './haproxy.ts';
import { describeMachine } from './machine.ts';
import { nginxKind } from './nginx.ts';
import type { BenchOptions } from './options.ts';
import type { BenchReport } from './report.ts';
import { type Cell, runRounds, tokensNeeded } from './rounds.ts';
import { SCENARIOS, SCHEMES } from './scenarios.ts';
import type { StageLoop } from './stage-loop.ts';
import type { Rig, Subject, SubjectKind } from './subject.ts';
import { measureThroughput, type Throughput } from './throughput.ts';
import { TokenPool } from './tokens.ts';
import { startUpstream } from './upstream.ts';
import { verify } from './verify.ts';

/** Who is measured, in this order within a round. */
const KINDS: readonly SubjectKind[] = [
  nginxKind(true),
  nginxKind(false),
  haproxyKind(true),
  haproxyKind(false),
  GATEWAY,
];
const THROUGHPUT_KINDS = ['nginx', 'gateway'];

type Place = Pick<Rig, 'dir' | 'processes' | 'signal'> & { readonly commit: string };

/** Runs the whole bench in a temporary folder; the caller ends the processes. */
export async function runBench(options: BenchOptions, { commit, ...place }: Place): Promise<BenchReport> {
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const cpus = layOutCpus();
  if (machine.load > machine.cores / 4)
    tell(`the machine is busy (load average ${machine.load}): expect wide spreads`);
  const skipped: string[] = [];
  const skip = (sentence: string) => {
    skipped.push(sentence);
    tell(`skipped: ${sentence}`);
  };
  const tokens = new TokenPool(place.dir);
  const certificate = makeCertificate(place.dir);
  const base = { ...place, certificate, jwksPath: tokens.jwksPath };
  const rig: Rig = { ...base, upstreamPort: await startUpstream(base, cpus.load) };
  const subjects = await startSubjects(rig, cpus.subject, skip);
  const token = await tokens.one();
  const { cells, tls } = await planCells(subjects, options, token, skip);
  const needed = tokensNeeded(cells, options);
  if (needed > 0) tell(`signing ${needed} tokens`);
  await tokens.fill(needed, rig.signal);
  await runRounds(cells, rig, { ...options, cpus: cpus.load, token, tokens }, tell);
  for (const { kind, scenario, scheme, failure } of cells) {
    if (failure !== '') skipped.push(`${kind.title}, ${scenario.title}, ${scheme}: ${failure}`);
  }
  const kinds = [...subjects.keys()].filter(({ id }) => THROUGHPUT_KINDS.includes(id));
  const comparisons = compare(cells);
  const logging = Object.fromEntries([...subjects.keys()].map((kind) => [kind.title, kind.logging]));
  const throughput = await tryThroughput(kinds, rig, options, skip);
  const stageLoop = await tryStageLoop(skip);
  return {
    startedAt,
    commit,
    options,
    machine,
    cpus,
    logging,
    tls,
    skipped,
    cells,
    comparisons,
    throughput,
    stageLoop,
  };
}

async function startSubjects(
  rig: Rig,
  cpus: string,
  skip: (sentence: string) => void,
): Promise<Map<SubjectKind, Subject>> {
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

/** Lists what to measure: everything that answers as it should, subjects of one scenario side by side. */
async function planCells(
  subjects: ReadonlyMap<SubjectKind, Subject>,
  options: BenchOptions,
  token: string,
  skip: (sentence: string) => void,
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
  skip: (sentence: string) => void,
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
async function tryStageLoop(skip: (sentence: string) => void): Promise<StageLoop | null> {
  try {
    const { measureStageLoop } = await import('./stage-loop.ts');
    return await measureStageLoop();
  } catch (error) {
    skip(`the stage loop: ${(error as Error).message}`);
    return null;
  }
}

function tell(line: string): void {
  console.log(line);
}
