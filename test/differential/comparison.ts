import { METHODS } from 'node:http';
import { parseTarget } from '../../src/lib/uri/target.ts';
import { completeCount, type NodeOutcome, type OurOutcome, type SeenMessage } from './outcome.ts';

/** How the two readers of a stream compare; `what` names the fault for which only we refuse it, or the discrepancy. */
export interface Verdict {
  readonly is: 'both' | 'neither' | 'stricter' | 'excused' | 'different';
  readonly what: string;
}

/** Something that Node refuses and we accept, with the reason why nobody can be misled by it. */
interface Exception {
  readonly name: string;
  readonly why: string;
  /** `ours` is what we take for the message at which Node stopped. */
  applies(node: NodeOutcome, ours: SeenMessage): boolean;
}

const CLOSED = 'HPE_CLOSED_CONNECTION';

export const EXCEPTIONS: readonly Exception[] = [
  {
    name: 'a method that Node does not know',
    why: 'RFC 9110, 9.1 lets methods grow; a token with one blank behind it ends at the same place for every reader',
    applies: ({ code }, { start }) =>
      /^HPE_INVALID_(?:METHOD|CONSTANT|VERSION)$/.test(code) && !METHODS.includes(methodOf(start)),
  },
  {
    name: 'a target that is none',
    why: 'the target is what stands between two blanks; lib/uri/target refuses it before anybody uses it',
    applies: ({ code }, { start }) => {
      const method = methodOf(start);
      return code === 'HPE_INVALID_URL' && !parseTarget(method, start.slice(method.length + 1)).ok;
    },
  },
  {
    name: 'an interim answer with Connection: close',
    why: 'RFC 9110, 15.2: a final answer follows every interim one, so that none can be the last of a connection',
    applies: ({ code, messages }) => code === CLOSED && /^1/.test(messages.at(-1)?.start ?? ''),
  },
];

function methodOf(start: string): string {
  return start.slice(0, start.indexOf(' '));
}

function different(what: string): Verdict {
  return { is: 'different', what };
}

/** The first of the messages that both have that is not the same; '' where there is none. */
function differenceIn(ours: readonly SeenMessage[], node: readonly SeenMessage[], count: number): string {
  for (let i = 0; i < count; i++) {
    const [a, b] = [ours[i] as SeenMessage, node[i] as SeenMessage];
    for (const key of Object.keys(a) as (keyof SeenMessage)[]) {
      if (JSON.stringify(a[key]) !== JSON.stringify(b[key])) return `${key} of message ${i + 1}`;
    }
  }
  return '';
}

function excuse(node: NodeOutcome, ours: SeenMessage | undefined): Verdict | null {
  const found = ours === undefined ? undefined : EXCEPTIONS.find(({ applies }) => applies(node, ours));
  return found === undefined ? null : { is: 'excused', what: found.name };
}

/** Compares what we and Node made of a stream of requests. */
export function compareRequests(bytes: Buffer, ours: OurOutcome, node: NodeOutcome): Verdict {
  const own = completeCount(ours.messages);
  const theirs = completeCount(node.messages);
  const difference = differenceIn(ours.messages, node.messages, Math.min(own, theirs));
  if (difference !== '') return different(difference);
  if (node.code === CLOSED) return compareClosed(bytes, ours, node, theirs);
  if (node.code !== '') {
    // A message that both have begun, and that only Node refuses, has passed its head with us.
    const goesOn = own > theirs || (own === theirs && ours.fault === '');
    if (!goesOn) return { is: 'neither', what: ours.fault };
    return excuse(node, ours.messages[theirs]) ?? different(`only Node refuses: ${node.code} ${node.reason}`);
  }
  if (ours.fault !== '')
    return own > theirs ? different('a message more') : { is: 'stricter', what: ours.fault };
  if (own !== theirs) return different(`${own} messages, with Node ${theirs}`);
  const pending = differenceIn(
    ours.messages,
    node.messages,
    Math.max(ours.messages.length, node.messages.length),
  );
  return pending === '' ? { is: 'both', what: '' } : different(pending);
}

/** Node read on behind a message that ends the connection, only to say so: that tells where the message ended. */
function compareClosed(bytes: Buffer, ours: OurOutcome, node: NodeOutcome, theirs: number): Verdict {
  const end = ours.ends[theirs - 1];
  if (end === undefined) {
    return ours.fault === '' ? different('Node has more messages') : { is: 'stricter', what: ours.fault };
  }
  const skipped = bytes.toString('latin1', end, node.stoppedAt - 1);
  const isSame = node.stoppedAt > end && /^[\r\n]*$/.test(skipped);
  return isSame ? { is: 'both', what: '' } : different(`the end: ${end}, with Node ${node.stoppedAt - 1}`);
}

/** Compares what we and Node made of a stream of answers, where Node got what we take for the answer. */
export function compareAnswers(ours: OurOutcome, node: NodeOutcome): Verdict {
  if (ours.fault !== '') {
    const isTaken = node.code === '' && node.messages.at(-1)?.isComplete === true;
    return isTaken ? { is: 'stricter', what: ours.fault } : { is: 'neither', what: ours.fault };
  }
  if (node.wasEarly) return different('Node holds it for complete before its end');
  if (node.code !== '') {
    return excuse(node, ours.messages.at(-1)) ?? different(`only Node refuses: ${node.code} ${node.reason}`);
  }
  const count = Math.max(ours.messages.length, node.messages.length);
  if (ours.messages.length !== node.messages.length) return different(`${ours.messages.length} messages`);
  const difference = differenceIn(ours.messages, node.messages, count);
  return difference === '' ? { is: 'both', what: '' } : different(difference);
}
