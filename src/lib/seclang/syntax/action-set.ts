import type { Bytes } from '../bytes.ts';
import type { Ctl, Disruption, MacroText, Rule, RulePhase, SetVar } from './rule.ts';

/** The actions of one list, before those of the defaults are laid under them; null for what is not said. */
export interface ActionSet {
  id: number | null;
  phase: RulePhase | null;
  /** `block` where that is written: what it stands for is known when the defaults are. */
  disruption: { readonly kind: Disruption['kind']; readonly argument: MacroText } | null;
  status: number | null;
  isLogged: boolean | null;
  isAudited: boolean | null;
  message: MacroText | null;
  logData: MacroText | null;
  severity: number | null;
  revision: Bytes | null;
  version: Bytes | null;
  skip: number | null;
  skipAfter: Bytes | null;
  isChained: boolean;
  multiMatch: boolean;
  capture: boolean;
  /** With every `none`. */
  transformations: readonly string[];
  tags: readonly Bytes[];
  setVars: readonly SetVar[];
  collections: Rule['collections'];
  expireVars: Rule['expireVars'];
  deprecateVars: Rule['deprecateVars'];
  ctls: readonly Ctl[];
  sanitizes: Rule['sanitizes'];
  namespaces: readonly (readonly [prefix: string, uri: string])[];
}

export function emptyActions(): ActionSet {
  return {
    id: null,
    phase: null,
    disruption: null,
    status: null,
    isLogged: null,
    isAudited: null,
    message: null,
    logData: null,
    severity: null,
    revision: null,
    version: null,
    skip: null,
    skipAfter: null,
    isChained: false,
    multiMatch: false,
    capture: false,
    transformations: [],
    tags: [],
    setVars: [],
    collections: [],
    expireVars: [],
    deprecateVars: [],
    ctls: [],
    sanitizes: [],
    namespaces: [],
  };
}

/** Lays the actions of a rule over those of the defaults: what can be said once is replaced, the rest is added behind. */
export function mergeActions(under: ActionSet, over: ActionSet): ActionSet {
  return {
    id: over.id ?? under.id,
    phase: over.phase ?? under.phase,
    disruption: over.disruption ?? under.disruption,
    status: over.status ?? under.status,
    isLogged: over.isLogged ?? under.isLogged,
    isAudited: over.isAudited ?? under.isAudited,
    message: over.message ?? under.message,
    logData: over.logData ?? under.logData,
    severity: over.severity ?? under.severity,
    revision: over.revision ?? under.revision,
    version: over.version ?? under.version,
    skip: over.skip ?? under.skip,
    skipAfter: over.skipAfter ?? under.skipAfter,
    isChained: under.isChained || over.isChained,
    multiMatch: under.multiMatch || over.multiMatch,
    capture: under.capture || over.capture,
    transformations: [...under.transformations, ...over.transformations],
    tags: [...under.tags, ...over.tags],
    setVars: [...under.setVars, ...over.setVars],
    collections: [...under.collections, ...over.collections],
    expireVars: [...under.expireVars, ...over.expireVars],
    deprecateVars: [...under.deprecateVars, ...over.deprecateVars],
    ctls: [...under.ctls, ...over.ctls],
    sanitizes: [...under.sanitizes, ...over.sanitizes],
    namespaces: [...under.namespaces, ...over.namespaces],
  };
}

/** The transformations that are left after every `none`. */
export function effectiveTransformations(all: readonly string[]): readonly string[] {
  return all.slice(all.lastIndexOf('none') + 1);
}
