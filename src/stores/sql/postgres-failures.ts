import { Unavailable } from '../../core/errors.ts';
import { DATABASE } from './failures.ts';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'EPIPE',
  'ENOENT',
]);

/** What `pg` says without a code when there is no connection, or none any more. */
const LOST =
  /^(?:Connection terminated|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed)/;

const TLS =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

const text = (error: unknown, member: 'code' | 'message'): string =>
  typeof error === 'object' && error !== null && member in error
    ? String((error as Record<string, unknown>)[member])
    : '';

/** What the server says in one code each: the rest of a sentence that begins with the database. */
const ANSWERS: Readonly<Record<string, string>> = {
  '28P01': 'refuses the password: set `store.password` to that of the user.',
  '28000': 'does not let this user in: look at the user name, and at pg_hba.conf of the server.',
  '3D000': 'does not exist: create it with `createdb`, or name another one in `store.url`.',
  '42501': 'does not let this user do that: make the user the owner of the database.',
  '25006': 'can only be read: name the primary server in `store.url`.',
  '53100': 'has a full disk: free space there.',
  '53300': 'has no connection left: raise `max_connections` of the server, or lower `store.connections`.',
  '57P03': 'is starting or stopping: wait, or look at the log of the server.',
  '57014': 'did not finish a statement in time: look for what slows the server down.',
  '55P03': 'did not finish a statement in time: look for what holds locks there.',
  XX001: 'is damaged: restore it from a backup.',
  XX002: 'is damaged: rebuild the index that the log of the server names.',
};

function sentenceFor(name: string, error: unknown): string {
  const [code, message] = [text(error, 'code'), text(error, 'message')];
  const answer = ANSWERS[code];
  if (answer !== undefined) return `The database ${name} ${answer}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `The host of the database ${name} has no address (${code}): look at the name in \`store.url\`.`;
  }
  if (UNREACHABLE.has(code) || code.startsWith('08') || code.startsWith('57P0') || LOST.test(message)) {
    const why = code === '' ? message.split('\n')[0] : code;
    return `The database ${name} cannot be reached (${why}): start the server, or look at the network in between.`;
  }
  if (/^timeout exceeded when trying to connect/.test(message)) {
    return `The database ${name} is slow, or \`store.connections\` too few: none of them became free in time.`;
  }
  if (TLS.test(code)) {
    return `The certificate of the database ${name} is not accepted (${code}): name its authority with \`sslrootcert\`.`;
  }
  if (/does not support SSL/.test(message)) {
    return `The database ${name} does not speak TLS: turn \`ssl\` on at the server, or write \`sslmode=disable\`, which is weak.`;
  }
  if (/^SASL: .*password/.test(message)) {
    return `The database ${name} asks for a password: set \`store.password\`.`;
  }
  if (/pool after calling end|driver has already been destroyed/.test(message)) {
    return `The database ${name} was closed.`;
  }
  return '';
}

/** Turns what PostgreSQL, its driver or the network reported into an Unavailable; a defect of ours stays what it is. */
export function explainPostgres(name: string, error: unknown): unknown {
  if (error instanceof Unavailable) return error;
  const sentence = sentenceFor(name, error);
  return sentence === '' ? error : new Unavailable(DATABASE, sentence, { cause: error });
}
