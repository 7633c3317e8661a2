import { Chooser } from '../fuzz/mutate.ts';
import { seeded } from '../support/seeded.ts';
import { type Discrepancy, judge, type Trial } from './campaign.ts';

/** Discrepancies are of one kind when their names are, but for numbers. */
function kindOf(what: string): string {
  return what.replaceAll(/[0-9]+/g, 'n');
}

/** Takes bytes out of a message for as long as the discrepancy stays. */
export async function shrink({ trial, what }: Discrepancy): Promise<Discrepancy> {
  let smallest = trial;
  const choose = new Chooser(seeded(1));
  for (let length = Math.ceil(trial.text.length / 2); length >= 1; ) {
    const shorter: Trial[] = [];
    for (let at = 0; at < smallest.text.length; at += length) {
      const text = smallest.text.slice(0, at) + smallest.text.slice(at + length);
      if (text !== '') shorter.push({ ...smallest, text, mutations: Math.max(1, trial.mutations) });
    }
    const verdicts = await judge(shorter, choose);
    const found = verdicts.findIndex(
      (verdict) => verdict.is === 'different' && kindOf(verdict.what) === kindOf(what),
    );
    if (found >= 0) smallest = shorter[found] as Trial;
    else if (length === 1) break;
    else length = Math.ceil(length / 2);
  }
  return { trial: smallest, what };
}

/** Writes a text of bytes as a JavaScript literal. */
export function literalOf(text: string): string {
  const escaped = text.replaceAll(/[^ -~]|['\\]/g, (char) => {
    if (char === '\r') return '\\r';
    if (char === '\n') return '\\n';
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `'${escaped}'`;
}

/** One line that says what differs for which bytes. */
export function describeDiscrepancy({ trial, what }: Discrepancy): string {
  const to = trial.kind === 'answer' ? ` to ${trial.method}` : '';
  return `${trial.kind}${to}: ${what}: ${literalOf(trial.text)}`;
}
