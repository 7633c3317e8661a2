import { type Decision, deny } from '../../core/decision.ts';
import type { FieldLines } from '../../lib/http/field-lines.ts';
import type { HeaderRuleConfig } from './validation.schema.ts';

/** A rule with its refusals ready; details name the field and the rule, never the value. */
export interface HeaderRule {
  /** Lower-case. */
  readonly name: string;
  readonly missing: Decision | null;
  readonly limitBytes: number;
  readonly tooLong: Decision;
  readonly values: ReadonlySet<string> | null;
  readonly notListed: Decision;
}

/** Prepares the rule of one field. */
export function headerRuleOf(name: string, rule: HeaderRuleConfig): HeaderRule {
  const refusal = (detail: string) => deny('validation.header', { detail: `${name} ${detail}` });
  return {
    name: name.toLowerCase(),
    missing: rule.required ? refusal('is missing') : null,
    limitBytes: rule.maxBytes ?? Number.POSITIVE_INFINITY,
    tooLong: refusal(`is longer than ${rule.maxBytes} bytes`),
    values: rule.oneOf === undefined ? null : new Set(rule.oneOf),
    notListed: refusal('is not one of the values that are taken'),
  };
}

/** Finds the refusal that a rule demands, or null. */
export function breachOf(rule: HeaderRule, headers: FieldLines): Decision | null {
  const { names, values } = headers;
  let lines = 0;
  let bytes = 0;
  for (let i = 0; i < names.length; i++) {
    if (names[i] !== rule.name) continue;
    const value = values[i] as string;
    // Field values are one character per byte; lines are joined by a comma and a blank.
    bytes += value.length + (lines === 0 ? 0 : 2);
    if (bytes > rule.limitBytes) return rule.tooLong;
    // Of two lines, even good ones, an upstream may make a value that nobody listed.
    if (rule.values !== null && (lines > 0 || !rule.values.has(value))) return rule.notListed;
    lines++;
  }
  return lines === 0 ? rule.missing : null;
}
