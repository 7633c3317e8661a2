import type { RemovedTarget } from './compiled-rule.ts';

/** Links of an engine, filled once all rules are compiled. */
export interface LinkSet {
  indices: readonly number[];
}

/** A `ctl`, ready to run: which links it names is found when the rules are compiled. */
export type CompiledControl =
  | { readonly kind: 'engine'; readonly mode: 'on' | 'off' | 'detection-only' }
  | { readonly kind: 'requestBody'; readonly isOn: boolean }
  | { readonly kind: 'responseBody'; readonly isOn: boolean }
  | { readonly kind: 'bodyVariable'; readonly isOn: boolean }
  | { readonly kind: 'processor'; readonly name: string }
  | { readonly kind: 'removeRules'; readonly links: LinkSet }
  | { readonly kind: 'removeTarget'; readonly links: LinkSet; readonly target: RemovedTarget };
