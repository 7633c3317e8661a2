import type { WafFindings, WafMatch } from '../core/waf.ts';
import { text } from './journal-text.ts';

/** Whether there is anything to tell of what the rules found out. */
function isTelling(waf: WafFindings): boolean {
  const { view, matches, interruption, bypasses, incomplete, wouldBlock } = waf;
  if (matches.length > 0 || interruption !== null || bypasses.length > 0) return true;
  return wouldBlock || incomplete !== '' || view === 'allowed';
}

/** The ids of the rules that matched, as ECS names them, behind another member; '' for none. */
export function ruleIds(waf: WafFindings | null): string {
  if (waf === null || waf.matches.length === 0) return '';
  const ids = new Set(waf.matches.map(({ ruleId }) => `"${ruleId}"`));
  return `,"rule.id":[${[...ids].join(',')}]`;
}

/**
 * What the rules found out, behind another member of `portcullis`; '' where there is nothing to tell.
 *
 * Safety: values are as the stage masked them; what a macro of a rule wrote for logs is left out.
 */
export function wafPart(waf: WafFindings | null): string {
  if (waf === null || !isTelling(waf)) return '';
  const { view, inboundScore, outboundScore, interruption, bypasses, incomplete, wouldBlock } = waf;
  let part = `,"waf":{"view":"${view}","inbound_score":${inboundScore},"outbound_score":${outboundScore}`;
  if (interruption !== null) {
    const { ruleId, kind, phase } = interruption;
    part += `,"ended_by":{"rule":${ruleId},"kind":"${kind}","phase":${phase}}`;
  }
  if (bypasses.length > 0) part += `,"bypasses":${text(bypasses.join(' '))}`;
  if (wouldBlock) part += ',"would_block":true';
  if (incomplete !== '') part += `,"incomplete":${text(incomplete)}`;
  if (waf.moreMatches > 0) part += `,"more_matches":${waf.moreMatches}`;
  return `${part},"matches":[${waf.matches.map(matchPart).join(',')}]}`;
}

function matchPart(match: WafMatch): string {
  const { ruleId, phase, variable, value, matchedAt, matchedLength, message, category, isLogOnly } = match;
  const place = `${match.file.slice(match.file.lastIndexOf('/') + 1)}:${match.line}`;
  let part = `{"rule":${ruleId},"phase":${phase},"variable":${text(variable)},"category":${text(category)},"place":${text(place)}`;
  if (message !== '') part += `,"message":${text(message)}`;
  if (match.severity >= 0) part += `,"severity":${match.severity}`;
  if (value !== '') part += `,"value":${text(value)},"at":${matchedAt},"length":${matchedLength}`;
  if (isLogOnly) part += ',"log_only":true';
  if (match.scores.length > 0)
    part += `,"scores":{${match.scores.map((score) => `${text(score.name)}:${score.value}`).join(',')}}`;
  return `${part}}`;
}
