import type { ConfigProblem } from '../core/errors.ts';
import { readablePointer } from './pointer.ts';

/** One problem in JSON, as `check --json` prints it. */
export interface ProblemRecord extends ConfigProblem {
  readonly file: string;
}

/** Writes problems for people: one line each with file, place, key and sentence. */
export function formatProblems(path: string, problems: readonly ConfigProblem[]): string {
  return problems.map((problem) => formatProblem(path, problem)).join('\n');
}

function formatProblem(path: string, problem: ConfigProblem): string {
  const { line, column, pointer, message, suggestion } = problem;
  const place = line === undefined ? path : `${path}:${line}:${column ?? 1}`;
  const key = readablePointer(pointer);
  const text = suggestion === undefined ? message : `${message} ${suggestion}`;
  return [place, key, text]
    .filter((part) => part !== '')
    .join('  ')
    .replaceAll('\n', ' ');
}

/** The same for programs. */
export function problemRecords(path: string, problems: readonly ConfigProblem[]): ProblemRecord[] {
  return problems.map((problem) => ({ file: path, ...problem }));
}
