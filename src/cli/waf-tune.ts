import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { journalFacts } from '../core/journal-record.ts';
import { type JournalMatch, type JournalWaf, journalWaf } from '../core/waf-journal.ts';
import { parseParameter } from '../lib/seclang/meaning/parameter.ts';
import {
  type ExcludedTarget,
  type Exclusion,
  exclusionText,
  freeId,
  isWritablePath,
} from '../lib/seclang/tune/exclusion.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { CommandFailure } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';
import { type CorpusProof, type EventProof, narrowest, proveOnCorpus, proveOnEvent } from './tune-proof.ts';
import { type RouteRules, rulesOfRoute, rulesWith, runnable } from './tune-rules.ts';

const SHOWN = 5;

/** What the record of a request says that is needed to exclude what matched it. */
interface TunedRequest {
  readonly id: string;
  readonly path: string;
  readonly method: string;
  readonly routeId: string;
  readonly waf: JournalWaf;
}

function requestOf(id: string, record: Readonly<Record<string, unknown>>): TunedRequest {
  const waf = journalWaf(record);
  if (waf === null || waf.matches.length === 0)
    throw new CommandFailure('no_match', `No rule matched the request ${printable(id)}.`);
  if (waf.moreMatches > 0)
    throw new CommandFailure(
      'too_many',
      `More rules matched than the record holds (${waf.moreMatches} more): an exclusion for all of them is none for a false positive.`,
    );
  const { path, method, routeId } = journalFacts(record);
  if (!isWritablePath(path))
    throw new CommandFailure('odd_path', 'The path of the request cannot be written into a rule as it is.');
  return { id, path, method, routeId, waf };
}

/** What is to be taken out of which rule; every match that counted, or those of one rule. */
function targetsOf({ id, waf }: TunedRequest, only: number, { material }: RouteRules): ExcludedTarget[] {
  const roles = new Map(material.rules.map((rule) => [rule.id, rule.role]));
  if (only !== 0) refuseRole(only, roles.get(only));
  const matches = waf.matches.filter(({ rule }) =>
    only === 0 ? roles.get(rule) === 'detect' : rule === only,
  );
  if (matches.length === 0)
    throw new CommandFailure(
      'no_match',
      only === 0
        ? `No rule that finds something itself, and is in the rules of now, matched the request ${printable(id)}.`
        : `The rule ${only} did not match the request ${printable(id)}.`,
    );
  const targets = matches.map(targetOf);
  return [
    ...new Map(
      targets.map((one) => [`${one.ruleId} ${one.parameter.collection}:${one.parameter.key}`, one]),
    ).values(),
  ];
}

/** Safety: without the rules that sum up and decide, no rule blocks any more. */
function refuseRole(rule: number, role: string | undefined): void {
  if (role === 'detect') return;
  throw new CommandFailure(
    'not_excluded',
    role === undefined
      ? `There is no rule ${rule} in the rules of the route.`
      : `Rule ${rule} finds nothing itself: it ${role === 'score' ? 'decides by the score' : 'prepares other rules'}, and is never excluded.`,
  );
}

function targetOf({ rule, variable }: JournalMatch): ExcludedTarget {
  const parameter = parseParameter(variable);
  if ('problem' in parameter)
    throw new CommandFailure(
      'no_parameter',
      `Rule ${rule} matched in ${printable(variable)}, which is no single parameter: an exclusion would take the rule away from all of it. ${parameter.problem}`,
    );
  return { ruleId: rule, parameter };
}

function usedIds({ material }: RouteRules, file: string): Set<number> {
  const ids = new Set(material.rules.map(({ id }) => id));
  const text = file !== '' && existsSync(file) ? readFileSync(file, 'latin1') : '';
  for (const [, id] of text.matchAll(/\bid:'?(\d+)/g)) ids.add(Number(id));
  return ids;
}

/** Safety: the file is replaced as a whole, so that a reload never reads half of an exclusion. */
function append(file: string, text: string): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const gap = before === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const temporary = `${file}.${process.pid}.new`;
  writeFileSync(temporary, `${before}${gap}${text}`);
  renameSync(temporary, file);
}

const listed = (attacks: readonly string[]): string[] => [
  ...attacks.slice(0, SHOWN).map((attack) => `  ${printable(attack)}`),
  ...(attacks.length > SHOWN ? [`  … and ${attacks.length - SHOWN} more`] : []),
];

function proofLines(event: EventProof, corpus: CorpusProof): string[] {
  const there = corpus.blockedThere - corpus.unmasked.length;
  return [
    event.problem === ''
      ? `The recorded request would pass: score ${event.scoreBefore} before, ${event.scoreAfter} after${event.threshold > 0 ? `, threshold ${event.threshold}` : ''}.`
      : `The recorded request would still be blocked. ${event.problem}`,
    `Of ${corpus.blockedThere} attacks that are blocked in what it excludes, ${there} still are.`,
    ...listed(corpus.unmasked),
    `Of ${corpus.blockedElsewhere} attacks that are blocked elsewhere, ${corpus.blockedElsewhere - corpus.unmaskedElsewhere.length} still are.`,
    ...corpus.untried.map((name) => `No attack can be put into ${name}: nothing is proven about it.`),
  ];
}

/** Why an exclusion is not written; '' when it may be. */
function refusalOf(event: EventProof, corpus: CorpusProof, isAccepted: boolean): string {
  if (event.problem !== '') return `It does not remove the false positive. ${event.problem}`;
  if (corpus.unmaskedElsewhere.length > 0) return 'It lets attacks through in other parameters.';
  if (corpus.unmasked.length > 0 && !isAccepted)
    return `It lets ${corpus.unmasked.length} attacks through where it excludes. Narrow it with --rule, or say --accept-unmasked.`;
  return '';
}

/** `portcullis waf tune`. */
export const wafTune = defineCommand({
  name: 'waf tune',
  summary: 'Write the narrowest exclusion for a false positive, and prove what it does.',
  about: [
    'The exclusion takes the parameters that matched from the rules that matched them, on the path of the request: as few as are needed for it to pass. It is tried ' +
      'on what is recorded of the request, added up again, and on the attacks in rules/corpus, put where it excludes and elsewhere.',
    'The file is to be one of `waf.custom`, which are read before the rules. Exclusions act at the next reload, without a trial.',
  ],
  words: ['REQUEST-ID'],
  options: {
    rule: {
      kind: 'number',
      value: 'ID',
      least: 0,
      most: 4_294_967_295,
      default: 0,
      summary: 'Only for this rule.',
    },
    below: {
      kind: 'text',
      value: 'PATH',
      summary: 'For everything below this path, where a part of it varies.',
    },
    write: { kind: 'text', value: 'FILE', summary: 'Append it to this file; it is printed otherwise.' },
    'accept-unmasked': { kind: 'flag', summary: 'Though attacks get through where it excludes.' },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis waf tune 019ab4e2c1f07c3e', 'Prints the exclusion and what it does.'],
    [
      'portcullis waf tune 019ab4e2c1f07c3e --rule 942100 --write exclusions.conf',
      'For one rule, into a file.',
    ],
  ],
  exits: {
    0: 'The exclusion is printed or written.',
    1: 'There is none that may be written: the sentence says why.',
  },
  run: async ({ values, words: [id = ''] }) => {
    const target = getTarget(values.config);
    const { result } = await operateAnywhere(target, 'getRequest', { params: { id } });
    const request = requestOf(id, result.record);
    const rules = rulesOfRoute(target.path, request.routeId);
    const file = values.write === undefined ? '' : resolve(values.write);
    const whole: Exclusion = {
      id: freeId(usedIds(rules, file)),
      ...pathOf(request.path, values.below),
      targets: targetsOf(request, values.rule, rules),
    };
    const recorded = { matches: request.waf.matches, score: request.waf.inboundScore };
    const { endedBy } = request.waf;
    const before = await runnable(rules);
    const { threshold } = before;
    // Whoever names a rule means that rule.
    const targets = values.rule === 0 ? narrowest(recorded, endedBy, whole, threshold) : whole.targets;
    const exclusion = { ...whole, targets };
    const text = exclusionText(exclusion, `Request ${id}: a false positive.`);
    const after = await runnable(rulesWith(rules, text));
    const event = proveOnEvent(recorded, endedBy, exclusion, threshold);
    const corpus = proveOnCorpus(before, after, { ...exclusion, path: request.path }, request.method);
    const refusal = refusalOf(event, corpus, values['accept-unmasked']);
    const isWritten = refusal === '' && file !== '';
    if (isWritten) append(file, text);
    const isRead = isWritten && rules.config.custom.includes(file);
    const lines = [text, ...proofLines(event, corpus)];
    if (refusal !== '') lines.push('', `Not ${file === '' ? 'recommended' : 'written'}: ${refusal}`);
    else if (isWritten)
      lines.push(
        '',
        `Written to ${file}.${isRead ? ' `portcullis reload` brings it into force.' : ' Add the file to `waf.custom` of the configuration.'}`,
      );
    const json = {
      exclusion: text,
      id: exclusion.id,
      event,
      corpus,
      refusal,
      file: isWritten ? file : '',
      isRead,
    };
    return { text: lines.join('\n'), json, exitCode: refusal === '' ? 0 : 1 };
  },
});

/** Safety: what is below the root is everything. */
function pathOf(path: string, below: string | undefined): Pick<Exclusion, 'path' | 'isPrefix'> {
  if (below === undefined) return { path, isPrefix: false };
  const prefix = below.endsWith('/') ? below.slice(0, -1) : below;
  if (prefix === '' || !isWritablePath(prefix) || !(path === prefix || path.startsWith(`${prefix}/`)))
    throw new CommandFailure(
      'odd_path',
      `The path ${printable(path)} of the request is not below ${printable(below)}, or that is every path.`,
    );
  return { path: prefix, isPrefix: true };
}
