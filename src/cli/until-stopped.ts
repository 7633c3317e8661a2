import type { Gateway } from '../gateway.ts';
import type { Log } from './log.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Ctrl-C below `npm` arrives twice: from the terminal, and passed on by npm. */
const ECHO_MS = 1_000;

/**
 * Lets a gateway run until the process is told to stop, then lets it finish its requests; resolves when it has.
 *
 * SIGHUP reloads. A second signal to stop, a second or more after the first, ends the process at once, with 1.
 */
export function untilStopped(
  gateway: Gateway,
  log: Log,
  alsoClose: () => Promise<void> = async () => {},
): Promise<void> {
  const hup = () => void reload(gateway, log);
  process.on('SIGHUP', hup);
  return new Promise((resolve, reject) => {
    let firstMs = 0;
    const stop = (signal: NodeJS.Signals) => {
      if (firstMs !== 0) {
        if (performance.now() - firstMs < ECHO_MS) return;
        log('warn', `${signal} again: stopping at once.`);
        process.exit(1);
      }
      firstMs = performance.now();
      log('info', `${signal}: requests under way finish, then the gateway stops.`);
      const closed = gateway.close().then(alsoClose);
      closed
        .then(() => log('info', 'The gateway has stopped.'))
        .finally(() => {
          process.off('SIGHUP', hup);
          for (const name of STOP_SIGNALS) process.off(name, stop);
        })
        .then(resolve, reject);
    };
    for (const name of STOP_SIGNALS) process.on(name, stop);
  });
}

/** The gateway logs how a reload went; what it throws would otherwise end the process. */
async function reload(gateway: Gateway, log: Log): Promise<void> {
  try {
    await gateway.reload();
  } catch (error) {
    log('error', `The reload failed: ${(error as Error).message}`);
  }
}
