import type { RuleFacts } from '../core/waf.ts';
import { formatIp, widthOf } from '../lib/ip/address.ts';
import { cidrProblem, parseCidr } from '../lib/ip/cidr.ts';
import { parameterText, parseParameter } from '../lib/seclang/meaning/parameter.ts';
import { canonicalPath } from '../lib/uri/target.ts';
import type { BypassBody } from './bypass-schemas.ts';
import { Problem } from './operation.ts';

/** What a bypass is about, each part in its one spelling. */
export interface BypassScope {
  readonly network: string;
  readonly ruleId: number;
  readonly path: string;
  readonly parameter: string;
}

/** Networks with fewer bits than these hold so many addresses that they narrow nothing. */
const WIDE_BITS = { 4: 16, 6: 32 } as const;

const invalid = (message: string) => new Problem(422, 'invalid_bypass', message);

/** What a bypass would be about, or why there must be none. */
export function scopeOf(body: BypassBody, rules: readonly RuleFacts[]): BypassScope | Problem {
  const network = networkOf(body.network);
  if (network instanceof Problem) return network;
  const path = pathOf(body.path);
  if (path instanceof Problem) return path;
  const parameter = parameterOf(body.parameter);
  if (parameter instanceof Problem) return parameter;
  const ruleId = body.rule ?? 0;
  const fault = ruleId === 0 ? null : ruleFault(ruleId, rules);
  if (fault !== null) return fault;
  const scope = { network, ruleId, path, parameter };
  return isEverything(scope)
    ? invalid(
        'This would be for every request and every rule: name a rule, an address, a path below `/` or a parameter.',
      )
    : scope;
}

function networkOf(text: string | undefined): string | Problem {
  if (text === undefined) return '';
  const cidr = parseCidr(text);
  if (cidr === null) return invalid(cidrProblem(text) ?? 'This is no network.');
  return cidr.bits === widthOf(cidr.ip.family) ? formatIp(cidr.ip) : `${formatIp(cidr.ip)}/${cidr.bits}`;
}

function pathOf(text: string | undefined): string | Problem {
  if (text === undefined) return '';
  const canonical = text.startsWith('/') ? canonicalPath(text) : null;
  if (canonical === null || /[*{}]/.test(text))
    return invalid('A path begins with `/` and has no wildcards: it stands for everything below it.');
  if (canonical !== text)
    return invalid(`Requests never have this spelling after normalisation: write \`${canonical}\`.`);
  return canonical.length > 1 && canonical.endsWith('/') ? canonical.slice(0, -1) : canonical;
}

function parameterOf(text: string | undefined): string | Problem {
  if (text === undefined) return '';
  const found = parseParameter(text);
  return 'problem' in found ? invalid(found.problem) : parameterText(found);
}

/** Safety: a rule that ends requests because of a score, or prepares others, stands for all rules before or after it. */
function ruleFault(id: number, rules: readonly RuleFacts[]): Problem | null {
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined)
    return invalid(
      `There is no rule ${id} in the rules in force: \`portcullis waf events\` shows which ones matched.`,
    );
  if (rule.role === 'detect') return null;
  const what = rule.role === 'score' ? 'ends requests because of a score' : 'prepares other rules';
  return invalid(
    `Rule ${id} finds nothing itself, it ${what}: a bypass of it would be one of every rule. Name the rule that matched.`,
  );
}

/** Safety: `/` is every path, and a very wide network is everybody. */
function isEverything({ network, ruleId, path, parameter }: BypassScope): boolean {
  const cidr = network === '' ? null : parseCidr(network);
  const isAnybody = cidr === null || cidr.bits < WIDE_BITS[cidr.ip.family];
  return isAnybody && ruleId === 0 && (path === '' || path === '/') && parameter === '';
}

/** What somebody who makes such a bypass should think about. */
export function notesFor({ network, ruleId, path, parameter }: BypassScope, isProven: boolean): string[] {
  const notes: string[] = [];
  if (ruleId === 0) notes.push('Weak: it is for every rule. Name the one that matched with --rule.');
  if (network === '' && (path === '' || path === '/') && parameter === '')
    notes.push('Weak: it is for every client and every path. Name the path with --path.');
  if (!isProven)
    notes.push(
      'Names are as callers say: `governance.operators` in the configuration lets people show who they are.',
    );
  return notes;
}
