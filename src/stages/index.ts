import type { Mode, Stage } from '../core/stage.ts';
import { access } from './access/access.ts';
import { authentication } from './authentication/authentication.ts';
import { authorization } from './authorization/authorization.ts';
import { behaviour } from './behaviour/behaviour.ts';
import { cors } from './cors/cors.ts';
import { hardening } from './hardening/hardening.ts';
import { login } from './login/login.ts';
import { overload, strangers } from './overload/overload.ts';
import { protocol } from './protocol/protocol.ts';
import { outcomeLimits } from './ratelimit/outcome-limits.ts';
import { addressLimit, principalLimit } from './ratelimit/ratelimit.ts';
import { validation } from './validation/validation.ts';
import { waf } from './waf/waf.ts';

/** A row of the order: the stage, and why it stands where it stands. */
export interface StageRow {
  // biome-ignore lint/suspicious/noExplicitAny: each row has its own configuration type
  readonly stage: Stage<any>;
  readonly why: string;
}

/** THE ORDER of the stages: head checks, then body checks, then response checks run in this order. */
export const STAGES: readonly StageRow[] = [
  { stage: protocol, why: 'What is not acceptable HTTP must not be interpreted by anything after it.' },
  { stage: access, why: 'A denied address gets nothing, not even a counter.' },
  { stage: addressLimit, why: 'A flood from one address must be cheaper to refuse than to authenticate.' },
  { stage: cors, why: 'A preflight carries no credentials, so it is answered before they are asked for.' },
  {
    stage: strangers,
    why: 'While the gateway cannot keep up, those without credentials cost it no lock, no body and no signature.',
  },
  { stage: login, why: 'A blocked address has nothing verified, and no body read, before it is refused.' },
  { stage: authentication, why: 'Everything after this may rely on a verified principal.' },
  {
    stage: behaviour,
    why: 'Who is kept out is known by the verified caller, and is not served, limited or told anything.',
  },
  {
    stage: overload,
    why: 'The tier must be verified, and a request that nobody serves must not use up a limit.',
  },
  { stage: principalLimit, why: 'Counts what the verified caller sends, whatever address it comes from.' },
  { stage: authorization, why: 'A caller over its limit learns nothing about what it may do.' },
  {
    stage: outcomeLimits,
    why: 'Only what a caller may do takes a place among what it does, before any body is read.',
  },
  {
    stage: waf,
    why: 'Rules look at what a caller who may be here sends, as it came, before anything else takes its word for a type.',
  },
  { stage: validation, why: 'Bodies are read only for callers who may send them.' },
  { stage: hardening, why: 'Last, so that it sees every answer, the gateway’s own refusals included.' },
];

export type StageConfig = { readonly mode: Mode };
