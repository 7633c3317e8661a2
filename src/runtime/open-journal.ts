import type { GatewayConfig } from '../config/config.ts';
import { Journal } from '../proxy/journal.ts';
import type { FromThread } from './messages.ts';

/** Opens the journal as a thread writes it; what happens to it is told to the main thread. */
export function openJournal({ journal }: GatewayConfig, send: (message: FromThread) => void): Journal {
  const { path, maxBytes, onFailure } = journal;
  return new Journal(
    { path, maxBytes, refuses: onFailure === 'refuse' },
    {
      onProblem: (sentence) => send({ type: 'journalProblem', sentence }),
      onFull: () => send({ type: 'journalFull' }),
    },
  );
}
