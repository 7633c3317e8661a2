import type { BookEvent } from '../../src/lib/anomaly/throttle-book.ts';
import { ABUSE_KINDS } from './episodes.ts';
import { type Evaluation, minuteOf } from './evaluate.ts';
import type { Episode } from './traffic.ts';

/** Minutes after the end of an episode in which a decision still belongs to it. */
const AFTER = 3;

export interface KindScore {
  readonly kind: string;
  readonly episodes: number;
  readonly found: number;
  /** Median of the minutes until the first decision. */
  readonly delay: number;
}

/** A decision that no abuse explains. */
export interface FalseAlarm {
  readonly event: BookEvent;
  /** Kind of client, and what legitimate event it met; '' for none. */
  readonly client: string;
  readonly during: string;
}

export interface Score {
  readonly kinds: readonly KindScore[];
  readonly falseAlarms: readonly FalseAlarm[];
  /** Decisions by the feature that drove them: right ones and all. */
  readonly byDriver: ReadonlyMap<string, { right: number; all: number }>;
  readonly clientDays: number;
  /** Legitimate events of each kind, and how many led to a decision about a client they concern. */
  readonly legitimate: ReadonlyMap<string, { events: number; punished: number }>;
}

const covers = (episode: Episode, event: BookEvent): boolean =>
  minuteOf(event) >= episode.from && minuteOf(event) < episode.from + episode.minutes + AFTER;

/** Compares what was decided with what was done. */
export function scoreOf({ episodes, events, clients, clientDays }: Evaluation): Score {
  const decisions = events.filter(({ kind }) => kind === 'throttled' || kind === 'review');
  const abuse = episodes.filter(({ isAbuse }) => isAbuse);
  const kinds = ABUSE_KINDS.map((kind) => scoreKind(kind, abuse, events));
  const kindOfClient = new Map(clients.map(({ name, kind }) => [name, kind]));
  const byDriver = new Map<string, { right: number; all: number }>();
  const falseAlarms: FalseAlarm[] = [];
  for (const event of decisions) {
    const { client, drivers } = event.throttle;
    const isRight = abuse.some((episode) => episode.client === client && covers(episode, event));
    const driver = event.kind === 'review' ? 'review: newCountries' : (drivers[0]?.feature ?? '');
    const tally = byDriver.get(driver) ?? { right: 0, all: 0 };
    byDriver.set(driver, { right: tally.right + (isRight ? 1 : 0), all: tally.all + 1 });
    if (isRight) continue;
    const met = episodes.find(
      (episode) =>
        !episode.isAbuse && (episode.client === client || episode.client === '') && covers(episode, event),
    );
    falseAlarms.push({ event, client: kindOfClient.get(client) ?? '', during: met?.kind ?? '' });
  }
  return { kinds, falseAlarms, byDriver, clientDays, legitimate: legitimateOf(episodes, falseAlarms) };
}

function scoreKind(kind: string, abuse: readonly Episode[], events: readonly BookEvent[]): KindScore {
  const ofKind = abuse.filter((episode) => episode.kind === kind);
  const delays = ofKind.flatMap((episode) => {
    const wanted = kind === 'new country' ? ['review', 'throttled'] : ['throttled', 'prolonged'];
    const first = events.find(
      (event) =>
        event.throttle.client === episode.client && wanted.includes(event.kind) && covers(episode, event),
    );
    if (first !== undefined) return [minuteOf(first) - episode.from + 1];
    // A client that is throttled already when it begins needs no second decision.
    return isThrottled(episode, events) ? [0] : [];
  });
  delays.sort((a, b) => a - b);
  return { kind, episodes: ofKind.length, found: delays.length, delay: delays[delays.length >> 1] ?? 0 };
}

function isThrottled(episode: Episode, events: readonly BookEvent[]): boolean {
  const before = events.filter(
    (event) =>
      event.throttle.client === episode.client && event.kind !== 'review' && minuteOf(event) < episode.from,
  );
  return before.at(-1) !== undefined && before.at(-1)?.kind !== 'restored';
}

function legitimateOf(episodes: readonly Episode[], falseAlarms: readonly FalseAlarm[]) {
  const found = new Map<string, { events: number; punished: number }>();
  for (const episode of episodes.filter(({ isAbuse }) => !isAbuse)) {
    const isPunished = falseAlarms.some(
      ({ event, during }) =>
        during === episode.kind &&
        covers(episode, event) &&
        (episode.client === '' || episode.client === event.throttle.client),
    );
    const tally = found.get(episode.kind) ?? { events: 0, punished: 0 };
    found.set(episode.kind, { events: tally.events + 1, punished: tally.punished + (isPunished ? 1 : 0) });
  }
  return found;
}
