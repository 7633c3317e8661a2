import { Unavailable } from '../../core/errors.ts';
import { signWebhook } from '../../lib/webhook/standard-webhook.ts';

const TIMEOUT_MS = 10_000;

/** Where a message goes. */
export interface WebhookTarget {
  readonly name: string;
  readonly url: string;
  /** Key of the signature, see `parseWebhookSecret`. */
  readonly key: Buffer;
}

export interface WebhookMessage {
  /** The same at every attempt, so that a receiver can tell a second copy. */
  readonly id: string;
  /** When it is sent, in epoch seconds. */
  readonly timestampS: number;
  /** JSON. */
  readonly body: string;
}

export type SendWebhook = (target: WebhookTarget, message: WebhookMessage) => Promise<void>;

/**
 * Sends one signed message; resolves when the receiver answered with a status of 2xx.
 *
 * Safety: within 10 seconds; what the receiver answers is not read; redirects are refused, because they would lead past
 * the check of the address. Sentences name the webhook and never its URL, which may hold a token.
 * Errors: Unavailable with the reason as a sentence.
 */
export const sendWebhook: SendWebhook = async ({ name, url, key }, { id, timestampS, body }) => {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'portcullis',
        ...signWebhook(key, id, timestampS, body),
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new Unavailable('webhook', `The webhook ${name} cannot be reached: ${whyOf(error as Error)}.`, {
      cause: error,
    });
  }
  await response.body?.cancel().catch(() => {});
  if (response.ok) return;
  throw new Unavailable('webhook', `The webhook ${name} answered with status ${response.status}.`);
};

function whyOf({ name, message, cause }: Error): string {
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} seconds`;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? message : `${message} (${code})`;
}
