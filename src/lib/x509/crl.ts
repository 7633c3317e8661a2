import { isSameBytes } from './certificate.ts';
import { contextTag, Der, TAG } from './der.ts';
import {
  hexOf,
  readBoolean,
  readBytesOfBits,
  readInteger,
  readOid,
  readSmallInteger,
  readTime,
} from './der-values.ts';
import { readName } from './name.ts';
import { SerialTable } from './serial-table.ts';
import type { SignedBytes } from './signed-bytes.ts';

/** A list of revoked certificates of one authority; survives structured cloning. */
export interface RevocationList extends SignedBytes {
  /** Name of the authority: as hexadecimal of its encoding, and for people. */
  readonly issuerKey: string;
  readonly issuerName: string;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  /** See `SerialTable`. */
  readonly serials: Uint8Array;
  readonly serialBytes: number;
  readonly count: number;
}

export interface RevocationListProblem {
  /** As the end of a sentence. */
  readonly why: string;
}

const DELTA = '2.5.29.27';
const DISTRIBUTION_POINT = '2.5.29.28';
const CERTIFICATE_ISSUER = '2.5.29.29';
const REMOVED = 8;
const REASON_CODE = '2.5.29.21';

/** What makes a list one that says less, or something else, than which certificates of an authority are revoked. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  [DELTA, 'is a delta list: give the complete one'],
  [DISTRIBUTION_POINT, 'is indirect or covers a part of the certificates only (issuingDistributionPoint)'],
  [CERTIFICATE_ISSUER, 'is indirect: it has certificates of other authorities'],
]);

/** Reads a list (RFC 5280, section 5), complete and direct. Its signature is for whoever knows the authority. */
export function parseRevocationList(der: Uint8Array): RevocationList | RevocationListProblem {
  const outer = Der.over(der);
  const list = outer.next(TAG.sequence);
  const signed = list.next(TAG.sequence);
  const algorithm = list.next(TAG.sequence).element;
  const signature = readBytesOfBits(list.next(TAG.bitString));
  list.end();
  outer.end();
  const version = signed.nextIf(TAG.integer);
  if (version !== null && readSmallInteger(version) !== 1) signed.fail();
  const inner = signed.next(TAG.sequence).element;
  const issuer = signed.next(TAG.sequence);
  const issuerKey = hexOf(issuer.element);
  const issuerName = readName(issuer).text;
  const thisUpdateMs = readTime(signed.next());
  const hasNext = signed.nextTag === TAG.utcTime || signed.nextTag === TAG.generalizedTime;
  const nextUpdateMs = hasNext ? readTime(signed.next()) : 0;
  const table = new SerialTable();
  const entryFault = readEntries(signed.nextIf(TAG.sequence), table);
  const listFault = readListExtensions(signed.nextIf(contextTag(0, true)));
  signed.end();
  if (outer.isBroken || !isSameBytes(inner, algorithm)) return { why: 'is damaged' };
  if (entryFault !== '' || listFault !== '') return { why: listFault || entryFault };
  if (!hasNext) return { why: 'has no nextUpdate, so that nobody could tell when it is too old' };
  const { bytes, width, count } = table.finish();
  const dates = { issuerKey, issuerName, thisUpdateMs, nextUpdateMs };
  return {
    ...dates,
    signed: signed.element,
    algorithm,
    signature,
    serials: bytes,
    serialBytes: width,
    count,
  };
}

function readEntries(entries: Der | null, table: SerialTable): string {
  let fault = '';
  while (entries !== null && !entries.isAtEnd) {
    const entry = entries.next(TAG.sequence);
    const serial = readInteger(entry.next(TAG.integer));
    readTime(entry.next());
    const extensions = entry.nextIf(TAG.sequence);
    entry.end();
    if (extensions !== null) fault ||= readEntryExtensions(extensions);
    table.add(serial);
  }
  return fault;
}

function readEntryExtensions(extensions: Der): string {
  return eachExtension(extensions, (id, isCritical, value) => {
    if (id === REASON_CODE) {
      return readSmallInteger(value.next(TAG.enumerated)) === REMOVED ? 'has entries of a delta list' : '';
    }
    return REFUSED.get(id) ?? (isCritical ? `has entries with an unknown critical extension (${id})` : '');
  });
}

function readListExtensions(wrapped: Der | null): string {
  if (wrapped === null) return '';
  const fault = eachExtension(
    wrapped.next(TAG.sequence),
    (id, isCritical) => REFUSED.get(id) ?? (isCritical ? `has an unknown critical extension (${id})` : ''),
  );
  wrapped.end();
  return fault;
}

/** The first fault that is found in extensions. */
function eachExtension(
  extensions: Der,
  look: (id: string, isCritical: boolean, value: Der) => string,
): string {
  let fault = '';
  while (!extensions.isAtEnd) {
    const extension = extensions.next(TAG.sequence);
    const id = readOid(extension.next(TAG.oid));
    const critical = extension.nextIf(TAG.boolean);
    const isCritical = critical !== null && readBoolean(critical);
    const value = extension.next(TAG.octetString);
    extension.end();
    fault ||= look(id, isCritical, value);
  }
  return fault;
}
