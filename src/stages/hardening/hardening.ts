import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { Check, Stage, StageChecks } from '../../core/stage.ts';
import { type FieldLine, fieldLineOf } from '../../lib/http/field-lines.ts';
import { type AnswerFieldSets, answerFieldsOf } from './answer-fields.ts';
import { type HardeningConfig, hardeningSchema } from './hardening.schema.ts';
import { replacementFor } from './verbose-errors.ts';
import { weaknessesOf } from './weaknesses.ts';

const POLICY = 'content-security-policy';

class HardeningCheck implements Check {
  readonly #fields: AnswerFieldSets;
  readonly #policy: FieldLine | null;
  readonly #replacesErrors: boolean;

  constructor(config: HardeningConfig) {
    this.#fields = answerFieldsOf(config);
    this.#policy =
      config.csp === false || config.csp === '' ? null : fieldLineOf('Content-Security-Policy', config.csp);
    this.#replacesErrors = config.verboseErrors === 'replace';
  }

  /** Cost: runs on every answer; one pass over its fields, and ready-made lines. */
  run(ctx: RequestContext): Decision {
    const headers = ctx.responseHeaders;
    if (headers === null) return CONTINUE;
    const status = ctx.responseStatus;
    if (status < 200 || status === 204 || status === 304) {
      (ctx.secure ? this.#fields.secureBare : this.#fields.plainBare).apply(headers);
      return CONTINUE;
    }
    (ctx.secure ? this.#fields.secure : this.#fields.plain).apply(headers);
    if (this.#policy !== null && !headers.has(POLICY)) headers.addLine(this.#policy);
    if (!ctx.fromUpstream) {
      if (status >= 400) headers.set('Cache-Control', 'no-store');
      return CONTINUE;
    }
    if (status < 500 || !this.#replacesErrors) return CONTINUE;
    return replacementFor(status, headers) ?? CONTINUE;
  }
}

function compile(config: HardeningConfig): StageChecks {
  return { response: new HardeningCheck(config) };
}

/** Puts security fields on every answer and keeps from clients what only helps attackers. */
export const hardening: Stage<HardeningConfig> = {
  name: 'hardening',
  key: 'headers',
  schema: hardeningSchema,
  compile,
  weaknesses: weaknessesOf,
};
