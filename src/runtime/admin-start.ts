import { type AdminListener, openAdminListener } from '../control/admin-listener.ts';
import { allOperations } from '../control/operations.ts';
import type { ControlServices } from '../control/services.ts';
import { type Log, stackOf } from './gateway-log.ts';

const OPERATIONS = allOperations();

/** Opens the admin listener; whatever it is asked to change is logged. */
export function startAdmin(
  { host, port }: { readonly host: string; readonly port: number },
  token: string,
  services: ControlServices,
  log: Log,
): Promise<AdminListener> {
  return openAdminListener({
    host,
    port,
    token,
    services,
    onBug: (error, requestId) =>
      log('error', 'An admin operation failed.', { requestId, stack: stackOf(error) }),
    onAnswered: (event) => {
      const method = OPERATIONS.get(event.operation)?.method ?? 'GET';
      if (method !== 'GET') log('info', 'An admin operation was asked for.', { ...event });
    },
  });
}
