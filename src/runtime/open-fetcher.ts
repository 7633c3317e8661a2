import { readFile } from 'node:fs/promises';
import type { Clock } from '../core/ports.ts';
import { fetchText } from '../stores/keysets/fetch-text.ts';
import { JwksFetcher } from '../stores/keysets/fetcher.ts';
import type { KeySetUpdate } from '../stores/keysets/key-set-update.ts';
import { timers } from '../stores/keysets/scheduler.ts';

/** Opens what fetches the key sets of issuers. */
export function openFetcher(clock: Clock, publish: (update: KeySetUpdate) => void): JwksFetcher {
  return new JwksFetcher({
    clock,
    scheduler: timers,
    fetchText,
    readFile: (path) => readFile(path, 'utf8'),
    random: Math.random,
    publish,
  });
}
