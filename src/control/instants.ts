import { z } from 'zod';

/** A moment as the admin API writes it. */
export const instant = z.string().describe('RFC 3339.');

/** Writes a moment; null for 0, which stands for never. */
export const instantOf = (ms: number): string | null => (ms === 0 ? null : new Date(ms).toISOString());
