import type { OnUnavailable } from '../../core/limits.ts';

/** What an endpoint of a kind is limited to where its block says nothing else. */
export interface Preset {
  readonly perMinute: number;
  /** Where the limit protects accounts or the last of something: better no answer than an uncounted one. */
  readonly onUnavailable?: OnUnavailable;
}

/**
 * Kinds of endpoints that cost more than others, by the name that `preset` takes.
 *
 * Source: the table of rate limits per endpoint in the requirements.
 */
export const PRESETS = {
  search: { perMinute: 20 },
  upload: { perMinute: 5 },
  login: { perMinute: 10, onUnavailable: 'deny' },
  'reset-password': { perMinute: 3, onUnavailable: 'deny' },
  export: { perMinute: 2, onUnavailable: 'deny' },
  webhook: { perMinute: 100 },
  recommendations: { perMinute: 30 },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** The row of a name; empty for none. */
export function presetOf(name: PresetName | undefined): Partial<Preset> {
  return name === undefined ? {} : PRESETS[name];
}

/** Keys of a block that a preset says: one named by an endpoint replaces what the endpoint would inherit of them. */
export const PRESET_KEYS = [
  'perMinute',
  'perHour',
  'perDay',
  'concurrent',
  'burst',
  'cost',
  'onUnavailable',
] as const;
