import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision, deny } from '../../core/decision.ts';
import type { Check } from '../../core/stage.ts';
import type { BodyTypes } from './body-types.ts';
import { areCodingsAllowed } from './content-codings.ts';
import { breachOf, type HeaderRule, headerRuleOf } from './header-rules.ts';
import type { ValidationConfig } from './validation.schema.ts';

const CODING = deny('validation.content-encoding', { detail: 'a content coding that is not listed' });
const CODED_JSON = deny('validation.content-encoding', {
  detail: 'a JSON body that is to be checked has a coding',
});
const NO_CODINGS: ReadonlySet<string> = new Set();

/** Checks what the head of a request says about itself and its body. */
export class HeadCheck implements Check {
  readonly #rules: readonly HeaderRule[];
  readonly #maxBodyBytes: number;
  readonly #tooLong: Decision;
  /** Null where any type, or none, is taken. */
  readonly #types: BodyTypes | null;
  /** Null where JSON is not looked into. */
  readonly #json: { readonly limitBytes: number; readonly tooLong: Decision } | null;
  readonly #codings: ReadonlySet<string>;

  constructor(config: ValidationConfig, types: BodyTypes | null) {
    this.#rules = Object.entries(config.headers).map(([name, rule]) => headerRuleOf(name, rule));
    this.#maxBodyBytes = config.maxBodyBytes;
    this.#tooLong = deny('validation.body-size', { detail: `longer than ${config.maxBodyBytes} bytes` });
    this.#types = types;
    this.#codings = new Set(config.contentEncodings);
    const limitBytes = config.json === false ? 0 : config.json.maxBytes;
    const detail = `JSON longer than ${limitBytes} bytes`;
    this.#json =
      config.json === false ? null : { limitBytes, tooLong: deny('validation.body-size', { detail }) };
  }

  run(ctx: RequestContext): Decision {
    for (let i = 0; i < this.#rules.length; i++) {
      const breach = breachOf(this.#rules[i] as HeaderRule, ctx.headers);
      if (breach !== null) return breach;
    }
    return ctx.hasBody ? this.#checkBody(ctx) : CONTINUE;
  }

  #checkBody(ctx: RequestContext): Decision {
    if (ctx.contentLength > this.#maxBodyBytes) return this.#tooLong;
    const type = this.#types?.find(ctx.headers);
    if (type !== undefined && type.refusal !== null) return type.refusal;
    if (this.#json === null || type?.isJson !== true) return this.#checkCodings(ctx);
    if (ctx.contentLength > this.#json.limitBytes) return this.#json.tooLong;
    const codings = ctx.headers.joined('content-encoding');
    return codings === null || areCodingsAllowed(codings, NO_CODINGS) ? CONTINUE : CODED_JSON;
  }

  #checkCodings(ctx: RequestContext): Decision {
    if (this.#json === null && this.#codings.size === 0) return CONTINUE;
    const codings = ctx.headers.joined('content-encoding');
    return codings === null || areCodingsAllowed(codings, this.#codings) ? CONTINUE : CODING;
  }
}
