import { isAbsolute, join, normalize, relative, sep } from 'node:path';
import type { KeyDelivery } from '../core/ports.ts';

/** Where successors of keys may be delivered to. */
export interface DeliveryPlaces {
  /** Absolute path of the folder for files; '' when the configuration allows none. */
  readonly folder: string;
  /** Names of the configured webhooks; null where they are not known. */
  readonly webhooks: readonly string[] | null;
}

/** The absolute path of a delivery file; '' for one that is not inside of the folder. */
export function deliveryPath(file: string, folder: string): string {
  if (file === '' || file.includes('\0') || file.endsWith('/')) return '';
  const path = normalize(isAbsolute(file) ? file : join(folder, file));
  const inside = relative(folder, path);
  if (inside === '' || isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) return '';
  return path;
}

/** Why successors cannot be delivered to a place; '' when they can, as far as the configuration tells. */
export function deliveryProblem(delivery: KeyDelivery, { folder, webhooks }: DeliveryPlaces): string {
  if ('webhook' in delivery) {
    if (webhooks === null || webhooks.includes(delivery.webhook)) return '';
    return `there is no webhook \`${delivery.webhook}\` in \`notices.webhooks\``;
  }
  if (folder === '')
    return 'files are delivered only into the folder that `keys.deliveryFolder` names, and it names none';
  if (deliveryPath(delivery.file, folder) !== '') return '';
  return `\`${delivery.file}\` is no file inside of \`keys.deliveryFolder\``;
}
