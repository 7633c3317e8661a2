import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLoad } from './load.ts';
import { requestText, SCHEMES, type Scheme, scenarioOf } from './scenarios.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { originOf, type Rig, type Subject, type SubjectKind } from './subject.ts';

/** Requests per second of one subject with some threads, beside the load on the same machine. */
export interface Throughput {
  readonly subject: string;
  readonly threads: number;
  readonly scheme: Scheme;
  readonly perSecond: Spread;
}

const THREADS = [1, 2];
const CONNECTIONS = 64;
const MOST_ROUNDS = 3;

/** Measures how much plain traffic subjects carry with 1 and 2 threads, free to use every CPU. */
export async function measureThroughput(
  kinds: readonly SubjectKind[],
  rig: Rig,
  options: { readonly rounds: number; readonly seconds: number },
): Promise<Throughput[]> {
  const requestPath = join(rig.dir, 'throughput.txt');
  writeFileSync(requestPath, requestText(scenarioOf('plain')));
  const rows: { kind: SubjectKind; subject: Subject; threads: number; scheme: Scheme; rates: number[] }[] =
    [];
  const subjects: Subject[] = [];
  for (const threads of THREADS) {
    for (const kind of kinds) {
      const subject = await kind.start(rig, { threads, cpus: '' });
      subjects.push(subject);
      for (const scheme of SCHEMES) rows.push({ kind, subject, threads, scheme, rates: [] });
    }
  }
  const rounds = Math.min(options.rounds, MOST_ROUNDS);
  for (let round = 0; round <= rounds; round++) {
    for (const { subject, scheme, rates } of rows) {
      const result = await runLoad({
        origin: originOf(subject, scheme),
        requestPath,
        tokensPath: '',
        seconds: round === 0 ? 1 : options.seconds,
        connections: CONNECTIONS,
        threads: 1,
        cpus: '',
        signal: rig.signal,
      });
      if (round > 0) rates.push(result.perSecond);
    }
  }
  for (const subject of subjects) await subject.stop();
  return rows.map(({ kind, threads, scheme, rates }) => ({
    subject: kind.title,
    threads,
    scheme,
    perSecond: spreadOf(rates),
  }));
}
