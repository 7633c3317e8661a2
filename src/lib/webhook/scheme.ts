import { type ReadSignatures, readPrefixed, readStandard, readStripe } from './signature-header.ts';
import { compileTemplate, type SignedText } from './signed-text.ts';

/** How a sender of webhooks signs what it sends. */
export interface WebhookScheme {
  /** Names of header fields in lower case; '' where the scheme has none. */
  readonly signatureHeader: string;
  readonly timestampHeader: string;
  readonly idHeader: string;
  readonly read: ReadSignatures;
  readonly text: SignedText;
}

/** THE TABLE of schemes that senders have agreed on. */
const PRESETS = {
  github: {
    signatureHeader: 'x-hub-signature-256',
    timestampHeader: '',
    idHeader: '',
    read: readPrefixed('sha256=', 'hex'),
    text: compileTemplate('{body}'),
  },
  stripe: {
    signatureHeader: 'stripe-signature',
    timestampHeader: '',
    idHeader: '',
    read: readStripe,
    text: compileTemplate('{timestamp}.{body}'),
  },
  slack: {
    signatureHeader: 'x-slack-signature',
    timestampHeader: 'x-slack-request-timestamp',
    idHeader: '',
    read: readPrefixed('v0=', 'hex'),
    text: compileTemplate('v0:{timestamp}:{body}'),
  },
  'standard-webhooks': {
    signatureHeader: 'webhook-signature',
    timestampHeader: 'webhook-timestamp',
    idHeader: 'webhook-id',
    read: readStandard,
    text: compileTemplate('{id}.{timestamp}.{body}'),
  },
} as const satisfies Record<string, WebhookScheme>;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

export function presetScheme(name: PresetName): WebhookScheme {
  return PRESETS[name];
}

export type SecretEncoding = 'text' | 'hex' | 'base64';

const FORMS = {
  hex: /^(?:[0-9A-Fa-f]{2})+$/,
  base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
};
const STANDARD_PREFIX = 'whsec_';

/** The bytes that a secret stands for; null for what has not the form. Standard Webhooks writes base64 after `whsec_`. */
export function parseSecret(
  text: string,
  scheme: string,
  written: SecretEncoding | undefined,
): Buffer | null {
  const isStandard = scheme === 'standard-webhooks';
  const encoding = written ?? (isStandard ? 'base64' : 'text');
  const plain = isStandard && text.startsWith(STANDARD_PREFIX) ? text.slice(STANDARD_PREFIX.length) : text;
  if (encoding === 'text') return Buffer.from(plain, 'utf8');
  return FORMS[encoding].test(plain) ? Buffer.from(plain, encoding) : null;
}
