import { randomBytes } from 'node:crypto';
import type { GatewayConfig } from '../config/config.ts';
import { deliveryPath, deliveryProblem } from '../control/key-delivery.ts';
import { Unavailable } from '../core/errors.ts';
import type { ApiKeyRecord } from '../core/ports.ts';
import { writeKeyFile } from '../stores/delivery/write-key-file.ts';
import { type SendWebhook, sendWebhook } from '../stores/webhooks/send-webhook.ts';
import { deliveryPlaces } from './control-services.ts';
import { targetOf } from './notice-sender.ts';

/** A successor on its way to whoever uses the key. */
export interface KeyParcel {
  readonly old: ApiKeyRecord;
  readonly key: string;
  readonly record: ApiKeyRecord;
  /** When the old key stops. */
  readonly graceEndsAtMs: number;
}

/** Brings a successor to the place that its key names. Errors: Unavailable with a sentence when it did not arrive. */
export type DeliverKey = (parcel: KeyParcel) => Promise<void>;

/** A courier to the places of the configuration in force. */
export function keyCourier(configOf: () => GatewayConfig, send: SendWebhook = sendWebhook): DeliverKey {
  return async ({ old, key, record, graceEndsAtMs }) => {
    const config = configOf();
    const { delivery } = old;
    if (delivery === null) throw new Unavailable('delivery', `Key ${old.id} says nowhere to deliver to.`);
    const problem = deliveryProblem(delivery, deliveryPlaces(config));
    if (problem !== '') throw new Unavailable('delivery', `The successor cannot be delivered: ${problem}.`);
    if ('file' in delivery) {
      const { deliveryFolder } = config.keys;
      return writeKeyFile(deliveryPath(delivery.file, deliveryFolder), deliveryFolder, key);
    }
    const webhook = config.notices.webhooks.find(({ name }) => name === delivery.webhook);
    if (webhook === undefined) throw new Unavailable('delivery', `There is no webhook ${delivery.webhook}.`);
    const data = {
      key,
      keyId: record.id,
      name: record.name,
      owner: record.owner,
      replaces: old.id,
      expiresAt: record.expiresAtMs === 0 ? null : new Date(record.expiresAtMs).toISOString(),
      graceEndsAt: new Date(graceEndsAtMs).toISOString(),
    };
    const nowMs = Date.now();
    const timestamp = new Date(nowMs).toISOString();
    await send(targetOf(webhook), {
      id: `dlv_${randomBytes(16).toString('hex')}`,
      timestampS: Math.floor(nowMs / 1000),
      body: JSON.stringify({ type: 'key.delivery', timestamp, data }),
    });
  };
}
