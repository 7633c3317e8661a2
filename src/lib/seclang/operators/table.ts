import type { CompileOperator } from '../operator.ts';
import { geoLookup, ipMatch, ipMatchFromFile } from './addresses.ts';
import { DETECTORS } from './detectors.ts';
import { graphqlExceeds, graphqlSchema } from './graphql.ts';
import { detectSqli, detectXss } from './injections.ts';
import { eq, ge, gt, le, lt } from './numbers.ts';
import { pm, pmFromFile, strmatch } from './phrases.ts';
import { refused } from './refused.ts';
import { rx } from './rx.ts';
import {
  beginsWith,
  contains,
  containsWord,
  endsWith,
  noMatch,
  streq,
  unconditionalMatch,
  within,
} from './text.ts';
import { validateByteRange, validateUrlEncoding, validateUtf8Encoding } from './validity.ts';
import { verifyCc, verifyCpf, verifySsn } from './verified-numbers.ts';

/** An operator by the name that rules spell it with. */
export interface OperatorRow {
  readonly name: string;
  readonly compile: CompileOperator;
  /** Ours: ModSecurity does not know it. */
  readonly isOwn: boolean;
  /** Whether the argument names files of data. */
  readonly namesFiles: boolean;
  /** Whether a rule that uses it is an error; `note` says why. */
  readonly isRefused: boolean;
  /** What whoever uses it should know, as a sentence; '' where it does all that it does in ModSecurity. */
  readonly note: string;
}

type Rest = Partial<Omit<OperatorRow, 'name' | 'compile'>>;

function row(name: string, compile: CompileOperator, rest: Rest = {}): OperatorRow {
  return { name, compile, isOwn: false, namesFiles: false, isRefused: false, note: '', ...rest };
}

/** An operator that ModSecurity knows and that is not carried out here. */
function refusedRow(name: string, note: string): OperatorRow {
  return row(name, refused(note), { isRefused: true, note });
}

const FILES: Rest = { namesFiles: true };
const NO_DNS: Rest = {
  note: 'Never matches: nothing waits for DNS while a request is held. Use a reputation list of the access block.',
};

const OWN: Rest = { isOwn: true };

const ROWS: readonly OperatorRow[] = [
  ...DETECTORS.map(({ name, compile }) => row(name, compile, OWN)),
  row('beginsWith', beginsWith),
  row('contains', contains),
  row('containsWord', containsWord),
  row('detectSQLi', detectSqli),
  row('detectXSS', detectXss),
  row('endsWith', endsWith),
  row('eq', eq),
  refusedRow('fuzzyHash', '@fuzzyHash needs ssdeep, which is not part of the gateway.'),
  row('ge', ge),
  row('geoLookup', geoLookup),
  row('graphqlExceeds', graphqlExceeds, OWN),
  row('graphqlSchema', graphqlSchema, OWN),
  refusedRow('gsbLookup', '@gsbLookup needs a database that is not published any more.'),
  row('gt', gt),
  refusedRow('inspectFile', '@inspectFile runs a program for a request, which the gateway never does.'),
  row('ipMatch', ipMatch),
  row('ipMatchF', ipMatchFromFile, FILES),
  row('ipMatchFromFile', ipMatchFromFile, FILES),
  row('le', le),
  row('lt', lt),
  row('noMatch', noMatch),
  row('pm', pm),
  row('pmf', pmFromFile, FILES),
  row('pmFromFile', pmFromFile, FILES),
  row('rbl', noMatch, NO_DNS),
  refusedRow('rsub', '@rsub rewrites bodies, which rules of the gateway never do.'),
  row('rx', rx),
  row('streq', streq),
  row('strmatch', strmatch),
  row('unconditionalMatch', unconditionalMatch),
  row('validateByteRange', validateByteRange),
  refusedRow(
    'validateDTD',
    '@validateDTD loads a document type from a file; use the validation block for schemas.',
  ),
  refusedRow(
    'validateSchema',
    '@validateSchema loads an XML Schema from a file; use the validation block for schemas.',
  ),
  row('validateUrlEncoding', validateUrlEncoding),
  row('validateUtf8Encoding', validateUtf8Encoding),
  row('verifyCC', verifyCc),
  row('verifyCPF', verifyCpf),
  row('verifySSN', verifySsn),
  row('within', within),
];

/** Every operator by its name in lower case. */
export const OPERATORS: ReadonlyMap<string, OperatorRow> = new Map(
  ROWS.map((each) => [each.name.toLowerCase(), each]),
);
