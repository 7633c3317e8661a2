import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision, deny } from '../../core/decision.ts';
import type { Check } from '../../core/stage.ts';
import { checkJson, type JsonFault, type JsonLimits } from '../../lib/text/json-depth.ts';
import type { BodyTypes } from './body-types.ts';

const REFUSALS: Readonly<Record<JsonFault, Decision>> = {
  syntax: deny('validation.json', { detail: 'not well-formed' }),
  utf8: deny('validation.json', { detail: 'not UTF-8' }),
  'duplicate-key': deny('validation.json', { detail: 'an object has a key twice' }),
  keys: deny('validation.json', { detail: 'an object has more members than `validate.json.maxKeys`' }),
  depth: deny('validation.json-depth'),
};
const NOT_READ = deny('gateway.bug', { detail: 'the body was not read for the JSON check' });

/** Checks that JSON bodies are one well-formed text within limits. */
export class JsonCheck implements Check {
  readonly #types: BodyTypes;
  readonly #limits: JsonLimits;

  constructor(types: BodyTypes, limits: JsonLimits) {
    this.#types = types;
    this.#limits = limits;
  }

  wantsBody(ctx: RequestContext): boolean {
    return ctx.hasBody && this.#types.find(ctx.headers).isJson;
  }

  /** Safety: an empty body passes, as the same request without a body does: nothing is in it to be misread. */
  run(ctx: RequestContext): Decision {
    if (!this.wantsBody(ctx)) return CONTINUE;
    if (ctx.body === null) return NOT_READ;
    if (ctx.body.length === 0) return CONTINUE;
    const result = checkJson(ctx.body, this.#limits);
    return result.ok ? CONTINUE : REFUSALS[result.problem];
  }
}
