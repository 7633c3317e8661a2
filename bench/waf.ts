import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuPerRequest, cpuTimeOf } from './cpu-time.ts';
import { runLoad } from './load.ts';
import { probe } from './probe.ts';
import { spreadOf } from './statistics.ts';
import type { Rig } from './subject.ts';
import { WAF_KINDS, type WafKind, type WafSubject } from './waf-peers.ts';
import { WAF_REQUESTS, type WafRequest } from './waf-requests.ts';

/** CPU time of one server for one request, a sample per round. */
export interface WafCell {
  readonly kind: WafKind;
  readonly request: WafRequest;
  readonly samplesUs: number[];
  /** A sentence when it could not be measured; '' otherwise. */
  failure: string;
}

export interface WafOptions {
  readonly seconds: number;
  readonly rounds: number;
  readonly subjectCpus: string;
  readonly loadCpus: string;
}

/** Fewer than elsewhere, because the slowest servers take milliseconds for a small request and a tenth of a second for a large one. */
const CONNECTIONS = 16;
const CONNECTIONS_OF_LARGE = 4;
const LARGE_BYTES = 10_000;
/** Long enough for journals and logs to be flushed, which belongs to the requests. */
const SETTLE_MS = 200;

type Tell = (line: string) => void;

/** Measures every request on every server, all of them in each round. */
export async function measureWaf(rig: Rig, options: WafOptions, tell: Tell): Promise<readonly WafCell[]> {
  const subjects = new Map<WafKind, WafSubject>();
  for (const kind of WAF_KINDS)
    subjects.set(kind, await kind.start(rig, { threads: 1, cpus: options.subjectCpus }));
  const cells = WAF_REQUESTS.flatMap((request) =>
    WAF_KINDS.map((kind): WafCell => ({ kind, request, samplesUs: [], failure: '' })),
  );
  for (const cell of cells) cell.failure = await verify(cell, subjects.get(cell.kind) as WafSubject);
  for (let round = 0; round <= options.rounds; round++) {
    for (const cell of cells) {
      if (cell.failure !== '') continue;
      const seconds = round === 0 ? cell.kind.warmUpS : options.seconds;
      try {
        const us = await measure(cell, subjects.get(cell.kind) as WafSubject, rig, { ...options, seconds });
        if (round > 0) cell.samplesUs.push(us);
      } catch (error) {
        rig.signal.throwIfAborted();
        cell.failure = (error as Error).message;
      }
    }
    tell(round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`);
  }
  for (const { kind, request, failure } of cells)
    if (failure !== '') tell(`${kind.title}, ${request.title}: ${failure}`);
  return cells;
}

/** Checks that a server answers as it should; gives a sentence where it does not. */
async function verify({ kind, request }: WafCell, subject: WafSubject): Promise<string> {
  const text = request.text.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  const { status } = await probe('http', subject.port, text);
  const wanted = kind.isGuarded ? request.status : 200;
  return status === wanted ? '' : `answered ${status} in place of ${wanted}`;
}

async function measure(
  { kind, request }: WafCell,
  subject: WafSubject,
  rig: Rig,
  options: WafOptions,
): Promise<number> {
  const requestPath = join(rig.dir, 'waf-request.txt');
  writeFileSync(requestPath, request.text, 'latin1');
  const before = cpuTimeOf(subject.pid);
  const { requests } = await runLoad({
    origin: `http://127.0.0.1:${subject.port}`,
    requestPath,
    tokensPath: '',
    seconds: options.seconds,
    connections: request.text.length > LARGE_BYTES ? CONNECTIONS_OF_LARGE : CONNECTIONS,
    threads: 1,
    cpus: options.loadCpus,
    signal: rig.signal,
    expectsRefusals: kind.isGuarded && request.status === 403,
  });
  await sleep(SETTLE_MS, undefined, { signal: rig.signal });
  return cpuPerRequest(before, cpuTimeOf(subject.pid), requests).cpuUs;
}

/** What the rules of a server added to a request, round by round; null where it was not measured. */
export function addedUs(cells: readonly WafCell[], id: string, without: string, request: WafRequest) {
  const samples = (kindId: string): readonly number[] =>
    cells.find((cell) => cell.kind.id === kindId && cell.request === request)?.samplesUs ?? [];
  const [guarded, bare] = [samples(id), samples(without)];
  const added = guarded.slice(0, bare.length).map((us, round) => us - (bare[round] as number));
  return added.length === 0 ? null : spreadOf(added);
}
