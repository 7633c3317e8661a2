import type { Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { type CorsConfig, corsSchema } from './cors.schema.ts';
import { CorsAnswerCheck } from './cors-answer-check.ts';
import { CorsCheck } from './cors-check.ts';
import { parseOriginPattern } from './origin-pattern.ts';

function compile(config: CorsConfig): StageChecks {
  if (config.origins.length === 0) return {};
  const head = new CorsCheck(config);
  return { head, response: new CorsAnswerCheck(head) };
}

function weaknesses(config: CorsConfig): readonly Weakness[] {
  return config.origins.flatMap((text, at) => {
    const message = weaknessOf(text);
    return message === '' ? [] : [{ pointer: `/origins/${at}`, message }];
  });
}

function weaknessOf(text: string): string {
  const pattern = parseOriginPattern(text);
  if (pattern?.kind === 'any')
    return 'Every web page may use the API from a browser; list the origins that need it.';
  if (pattern?.kind === 'null')
    return 'Any page can give itself the origin "null" by a sandboxed frame; drop it.';
  const origin = pattern?.kind === 'exact' ? pattern.origin : pattern?.parent;
  if (origin?.scheme !== 'http' || /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(origin.host)) return '';
  return `Whoever can change traffic on the way speaks for "${text}"; use https.`;
}

/** Cross-origin resource sharing: the Fetch standard's protocol for one API. */
export const cors: Stage<CorsConfig> = { name: 'cors', key: 'cors', schema: corsSchema, compile, weaknesses };
