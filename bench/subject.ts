import type { Certificate } from './certificate.ts';
import type { ProcessGroup } from './processes.ts';
import type { Scenario, Scheme } from './scenarios.ts';

/** What subjects are built from. */
export interface Rig {
  /** Temporary; removed at the end. */
  readonly dir: string;
  readonly processes: ProcessGroup;
  readonly upstreamPort: number;
  readonly certificate: Certificate;
  readonly jwksPath: string;
  readonly publicKeyPath: string;
  readonly signal: AbortSignal;
}

export interface StartOptions {
  /** Worker threads or processes. */
  readonly threads: number;
  /** CPUs to stay on; '' is all. */
  readonly cpus: string;
}

/** A running server under measurement. */
export interface Subject {
  readonly pid: number;
  /** The API key to send; '' where the subject knows none. */
  readonly key: string;
  readonly ports: Readonly<Record<Scheme, number>>;
  /** Files that grow with requests and may be cut between runs. */
  readonly logPaths: readonly string[];
  stop(): Promise<void>;
}

/** A server that can be measured. */
export interface SubjectKind {
  readonly id: string;
  readonly title: string;
  /** What it writes per request. */
  readonly logging: string;
  /** Whether a run goes on without it. */
  readonly optional: boolean;
  /** Whether it decides about requests or only passes them on. */
  readonly guards: boolean;
  /** Load that each of its scenarios gets before the first round: a just-in-time compiler wants more of it. */
  readonly warmUpS: number;
  runs(scenario: Scenario): boolean;
  start(rig: Rig, options: StartOptions): Promise<Subject>;
}

/** Where a subject listens for one scheme. */
export function originOf(subject: Subject, scheme: Scheme): string {
  return `${scheme}://127.0.0.1:${subject.ports[scheme]}`;
}
