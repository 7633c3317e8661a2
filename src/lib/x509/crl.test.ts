import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TestPki } from '../../../test/support/pki.ts';
import { parseRevocationList, type RevocationList } from './crl.ts';
import { contextTag, TAG } from './der.ts';
import { derElement, derOid } from './der-writer.ts';
import { PathCertificate } from './path-certificate.ts';
import { pemBlocks } from './pem.ts';
import { hasSerial, SerialTable } from './serial-table.ts';
import { isSignedWith } from './signed-bytes.ts';

const root = TestPki.root();
const revoked = root.client();
const good = root.client();

const derOf = (pem: string): Uint8Array => (pemBlocks(pem, 'X509 CRL') as Uint8Array[])[0] as Uint8Array;
const time = (year: string) => derElement(TAG.utcTime, Buffer.from(`${year}0101000000Z`));
const ALGORITHM = derElement(TAG.sequence, derOid('1.2.840.10045.4.3.2'));
const NAME = derElement(TAG.sequence);
const extension = (id: string, critical: boolean, value: Uint8Array) =>
  derElement(
    TAG.sequence,
    derOid(id),
    ...(critical ? [derElement(TAG.boolean, Buffer.from([0xff]))] : []),
    derElement(TAG.octetString, value),
  );
const entry = (serial: Uint8Array, ...extensions: Uint8Array[]) =>
  derElement(
    TAG.sequence,
    derElement(TAG.integer, serial),
    time('26'),
    ...(extensions.length === 0 ? [] : [derElement(TAG.sequence, ...extensions)]),
  );

interface Sketch {
  readonly entries?: readonly Uint8Array[];
  readonly extensions?: readonly Uint8Array[];
  readonly dates?: readonly Uint8Array[];
  readonly inner?: Uint8Array;
}

function listWith({
  entries = [],
  extensions = [],
  dates = [time('26'), time('27')],
  inner = ALGORITHM,
}: Sketch): Uint8Array {
  const signed = derElement(
    TAG.sequence,
    derElement(TAG.integer, Buffer.from([1])),
    inner,
    NAME,
    ...dates,
    ...(entries.length === 0 ? [] : [derElement(TAG.sequence, ...entries)]),
    ...(extensions.length === 0
      ? []
      : [derElement(contextTag(0, true), derElement(TAG.sequence, ...extensions))]),
  );
  return derElement(TAG.sequence, signed, ALGORITHM, derElement(TAG.bitString, Buffer.from([0, 1])));
}

const read = (der: Uint8Array): RevocationList => {
  const list = parseRevocationList(der);
  if ('why' in list) throw new Error(list.why);
  return list;
};

const has = ({ serials: bytes, serialBytes: width, count }: RevocationList, serial: string) =>
  hasSerial({ bytes, width, count }, serial);

describe('parseRevocationList', () => {
  test('of openssl', () => {
    const list = read(derOf(root.crl([revoked])));
    const [bad, well] = [revoked, good].map(({ der }) => PathCertificate.open(der)?.facts.serial ?? '');
    expect([list.count, has(list, bad as string), has(list, well as string)]).toEqual([1, true, false]);
    expect(list.issuerKey).toBe(PathCertificate.open(root.self.der)?.subjectKey);
    expect(list.nextUpdateMs - list.thisUpdateMs).toBe(7 * 86_400_000);
    expect(isSignedWith(list, createPublicKey(root.self.cert))).toBe(true);
    expect(isSignedWith(list, createPublicKey(TestPki.root().self.cert))).toBe(false);
    expect(structuredClone(list)).toEqual(list);
  });

  test('an empty one', () => {
    expect(read(derOf(root.crl())).count).toBe(0);
    expect(has(read(derOf(root.crl())), '00')).toBe(false);
  });

  test('a hundred thousand entries', () => {
    const entries = Array.from({ length: 100_000 }, (_, at) => {
      const serial = Buffer.alloc(16, 0x11);
      serial.writeUInt32BE(at * 7, 8);
      return entry(serial);
    });
    const list = read(listWith({ entries }));
    expect(list.count).toBe(100_000);
    const serial = Buffer.alloc(16, 0x11);
    serial.writeUInt32BE(99_999 * 7, 8);
    expect(has(list, serial.toString('hex'))).toBe(true);
    serial.writeUInt32BE(99_999 * 7 + 1, 8);
    expect(has(list, serial.toString('hex'))).toBe(false);
  });

  test('entries with a reason, and extensions that say nothing more', () => {
    const reason = extension('2.5.29.21', false, derElement(TAG.enumerated, Buffer.from([6])));
    const number = extension('2.5.29.20', false, derElement(TAG.integer, Buffer.from([9])));
    expect(read(listWith({ entries: [entry(Buffer.from([5]), reason)], extensions: [number] })).count).toBe(
      1,
    );
  });

  test.each([
    [
      'a delta list',
      { extensions: [extension('2.5.29.27', true, derElement(TAG.integer, Buffer.from([1])))] },
      'delta',
    ],
    [
      'a part of the certificates',
      { extensions: [extension('2.5.29.28', true, derElement(TAG.sequence))] },
      'part',
    ],
    [
      'an unknown critical extension',
      { extensions: [extension('1.2.3', true, derElement(TAG.null))] },
      '1.2.3',
    ],
    [
      'entries of other authorities',
      { entries: [entry(Buffer.from([5]), extension('2.5.29.29', true, derElement(TAG.sequence)))] },
      'indirect',
    ],
    [
      'entries that take back',
      {
        entries: [
          entry(
            Buffer.from([5]),
            extension('2.5.29.21', false, derElement(TAG.enumerated, Buffer.from([8]))),
          ),
        ],
      },
      'delta',
    ],
    [
      'an unknown critical extension of an entry',
      { entries: [entry(Buffer.from([5]), extension('1.2.3', true, derElement(TAG.null)))] },
      '1.2.3',
    ],
    ['no next update', { dates: [time('26')] }, 'nextUpdate'],
    [
      'another algorithm inside',
      { inner: derElement(TAG.sequence, derOid('1.2.840.10045.4.3.3')) },
      'damaged',
    ],
    ['no date', { dates: [] }, 'damaged'],
  ])('%s is refused', (_what, sketch, part) => {
    const list = parseRevocationList(listWith(sketch));
    expect('why' in list ? list.why : 'read').toContain(part);
  });

  test('any bytes, and any change of a good list, are read or refused, and never throw', () => {
    const der = listWith({ entries: [entry(Buffer.from([5]))] });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseRevocationList(bytes)));
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), (at, value) => {
        const changed = new Uint8Array(der);
        changed[at] = value;
        parseRevocationList(changed);
      }),
    );
  });
});

test('a table has what was added and nothing else', () => {
  const serials = fc.array(
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  );
  fc.assert(
    fc.property(serials, serials, (added, others) => {
      const table = new SerialTable();
      for (const serial of added) table.add(serial);
      const finished = table.finish();
      const same = (serial: string) => serial.replace(/^(?:00)+(?=..)/, '');
      const known = new Set(added.map(same));
      for (const serial of [...added, ...others])
        expect(hasSerial(finished, serial)).toBe(known.has(same(serial)));
    }),
  );
});
