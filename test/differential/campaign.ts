import { Chooser } from '../fuzz/mutate.ts';
import { seeded } from '../support/seeded.ts';
import { compareAnswers, compareRequests, type Verdict } from './comparison.ts';
import { type Draft, makeAnswer, makeRequest } from './messages.ts';
import { mutate } from './mutations.ts';
import { nodeAnswers, nodeRequests } from './node-reader.ts';
import { readAnswers, readRequests } from './our-reader.ts';
import type { OurOutcome } from './outcome.ts';

/** A draft after mutations. */
export interface Trial extends Draft {
  readonly mutations: number;
}

export interface Discrepancy {
  readonly trial: Trial;
  readonly what: string;
}

/** What a number of trials came to. */
export interface Report {
  /** How many were requests, how many answers, and how many of both were as they were made. */
  readonly made: { requests: number; answers: number; unmutated: number };
  readonly counts: Record<Exclude<Verdict['is'], 'different'>, number>;
  /** How many only we refused, by fault, and how many each exception excused. */
  readonly stricter: Record<string, number>;
  readonly excused: Record<string, number>;
  readonly discrepancies: Discrepancy[];
}

/** Stands behind every message: whoever takes a byte too few or too many does not find it. */
const SENTINELS = {
  request: 'GET /sentinel HTTP/1.1\r\n\r\n',
  answer: 'HTTP/1.1 299 Sentinel\r\nContent-Length: 0\r\n\r\n',
};

export function streamOf({ kind, text }: Draft): Buffer {
  return Buffer.from(text + SENTINELS[kind], 'latin1');
}

/** Our reading of a stream that comes in these pieces. */
export function readPieces({ kind, method }: Draft, pieces: readonly Buffer[]): OurOutcome {
  return kind === 'request' ? readRequests(pieces) : readAnswers(pieces, method);
}

function byteByByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
}

function inPieces(bytes: Buffer, choose: Chooser): Buffer[] {
  const cuts = Array.from({ length: 1 + choose.below(6) }, () => choose.below(bytes.length)).sort(
    (a, b) => a - b,
  );
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length));
}

/** How our reading of a stream depends on its pieces; '' where it does not. */
function splitProblem(trial: Trial, whole: OurOutcome, choose: Chooser): string {
  const bytes = streamOf(trial);
  const expected = JSON.stringify(whole);
  if (JSON.stringify(readPieces(trial, byteByByte(bytes))) !== expected)
    return 'byte by byte it reads differently';
  const isSame = JSON.stringify(readPieces(trial, inPieces(bytes, choose))) === expected;
  return isSame ? '' : 'cut into pieces it reads differently';
}

/** Whether a valid message was not read whole, and where it ends. */
function refusalOf(trial: Trial, ours: OurOutcome): string {
  const end = ours.ends.find((at) => at >= trial.text.length);
  const expected = ours.isUntilClose ? streamOf(trial).length : trial.text.length;
  return end === expected ? '' : `a valid message is refused or cut off: ${ours.fault}`;
}

async function nodeVerdicts(trials: readonly Trial[], ours: readonly OurOutcome[]): Promise<Verdict[]> {
  const at = (kind: Draft['kind']): number[] => [...trials.keys()].filter((i) => trials[i]?.kind === kind);
  const [requests, answers] = [at('request'), at('answer')];
  const streams = trials.map(streamOf);
  const ofRequests = await nodeRequests(requests.map((i) => streams[i] as Buffer));
  const ofAnswers = await nodeAnswers(
    answers.map((i) => {
      const { ends, fault, isUntilClose } = ours[i] as OurOutcome;
      const endsAt = fault === '' && ends.length === ours[i]?.messages.length ? (ends.at(-1) ?? -1) : -1;
      return { bytes: streams[i] as Buffer, method: trials[i]?.method as string, endsAt, isUntilClose };
    }),
  );
  const verdicts = new Array<Verdict>(trials.length);
  requests.forEach((i, n) => {
    verdicts[i] = compareRequests(streams[i] as Buffer, ours[i] as OurOutcome, ofRequests[n]!);
  });
  answers.forEach((i, n) => {
    verdicts[i] = compareAnswers(ours[i] as OurOutcome, ofAnswers[n]!);
  });
  return verdicts;
}

/** Says for each trial how it went: what is wrong in our own reading comes before the comparison. */
export async function judge(trials: readonly Trial[], choose: Chooser): Promise<Verdict[]> {
  const ours = trials.map((trial) => readPieces(trial, [streamOf(trial)]));
  const verdicts = await nodeVerdicts(trials, ours);
  return trials.map((trial, i) => {
    const whole = ours[i] as OurOutcome;
    const refusal = trial.mutations === 0 ? refusalOf(trial, whole) : '';
    const problem = refusal === '' ? splitProblem(trial, whole, choose) : refusal;
    return problem === '' ? (verdicts[i] as Verdict) : { is: 'different', what: problem };
  });
}

function makeTrial(choose: Chooser): Trial {
  const draft = choose.chance(0.5) ? makeRequest(choose) : makeAnswer(choose);
  const mutations = choose.below(4);
  return { ...draft, text: mutate(draft.text, mutations, choose), mutations };
}

const BATCH = 2_000;

/** Makes and judges messages, about half of them requests; the seed decides all of it. */
export async function runCampaign(count: number, seed: number): Promise<Report> {
  const choose = new Chooser(seeded(seed));
  const report: Report = {
    made: { requests: 0, answers: 0, unmutated: 0 },
    counts: { both: 0, neither: 0, stricter: 0, excused: 0 },
    stricter: {},
    excused: {},
    discrepancies: [],
  };
  for (let done = 0; done < count; done += BATCH) {
    const trials = Array.from({ length: Math.min(BATCH, count - done) }, () => makeTrial(choose));
    const verdicts = await judge(trials, choose);
    trials.forEach((trial, i) => {
      addTo(report, trial, verdicts[i] as Verdict);
    });
  }
  return report;
}

function addTo(report: Report, trial: Trial, { is, what }: Verdict): void {
  report.made[trial.kind === 'request' ? 'requests' : 'answers']++;
  if (trial.mutations === 0) report.made.unmutated++;
  if (is === 'different') report.discrepancies.push({ trial, what });
  else report.counts[is]++;
  if (is === 'stricter') report.stricter[what] = (report.stricter[what] ?? 0) + 1;
  if (is === 'excused') report.excused[what] = (report.excused[what] ?? 0) + 1;
}
