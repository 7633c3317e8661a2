import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TestPki } from '../../../test/support/pki.ts';
import { MAX_CERTIFICATE_BYTES, parseCertificate } from './certificate.ts';
import { contextTag, TAG } from './der.ts';
import { derElement, derOid } from './der-writer.ts';

const root = TestPki.root({ subject: '/O=Company/CN=root' });
const leaf = root.client(['DNS:a.test', 'URI:spiffe://a/b', 'email:a@b.test'], {
  subject: '/O=Acme/CN=leaf',
});

/** The elements of a certificate, to be put together otherwise. */
function elementsOf(der: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  while (at < der.length) {
    const first = der[at + 1] as number;
    const bytes = first < 0x80 ? 0 : first & 0x7f;
    let length = bytes === 0 ? first : 0;
    for (let i = 0; i < bytes; i++) length = length * 256 + (der[at + 2 + i] as number);
    const end = at + 2 + bytes + length;
    found.push(der.subarray(at, end));
    at = end;
  }
  return found;
}
const inside = (element: Uint8Array): Uint8Array => {
  const first = element[1] as number;
  return element.subarray(2 + (first < 0x80 ? 0 : first & 0x7f));
};

const [signed, algorithm, signature] = elementsOf(inside(leaf.der)) as [Uint8Array, Uint8Array, Uint8Array];
const fields = elementsOf(inside(signed));
const extensions = elementsOf(inside(inside(fields.at(-1) as Uint8Array)));

/** The certificate with other parts; nobody signed it. */
function rebuilt(change: {
  fields?: Uint8Array[];
  extensions?: Uint8Array[];
  algorithm?: Uint8Array;
  rest?: Uint8Array;
}) {
  const own = change.fields ?? fields.slice(0, -1);
  const list = change.extensions ?? extensions;
  const wrapped =
    list.length === 0 ? [] : [derElement(contextTag(3, true), derElement(TAG.sequence, ...list))];
  const inner = derElement(TAG.sequence, ...own, ...(change.fields === undefined ? wrapped : []));
  return derElement(
    TAG.sequence,
    inner,
    change.algorithm ?? algorithm,
    signature,
    ...(change.rest === undefined ? [] : [change.rest]),
  );
}

const extension = (id: string, value: Uint8Array, critical = false) =>
  derElement(
    TAG.sequence,
    derOid(id),
    ...(critical ? [derElement(TAG.boolean, Buffer.from([0xff]))] : []),
    derElement(TAG.octetString, value),
  );
const san = (...names: [number, string | Uint8Array][]) =>
  extension(
    '2.5.29.17',
    derElement(
      TAG.sequence,
      ...names.map(([number, text]) => derElement(contextTag(number, false), Buffer.from(text))),
    ),
  );
const withExtensions = (...list: Uint8Array[]) => parseCertificate(rebuilt({ extensions: list }));

describe('parseCertificate', () => {
  test('put together as it was, it is what it was', () => {
    expect(Buffer.from(rebuilt({})).equals(Buffer.from(leaf.der))).toBe(true);
    expect(parseCertificate(rebuilt({}))?.names).toEqual({
      dns: ['a.test'],
      uri: ['spiffe://a/b'],
      email: ['a@b.test'],
    });
  });

  test('names of other kinds are no names of these', () => {
    const found = withExtensions(
      san([7, Buffer.from([127, 0, 0, 1])], [2, 'a.test'], [8, Buffer.from([0x2a])]),
    );
    expect(found?.names).toEqual({ dns: ['a.test'], uri: [], email: [] });
  });

  test('critical extensions that are not known are told', () => {
    expect(withExtensions(extension('1.2.3.4', derElement(TAG.null), true))?.unknownCritical).toEqual([
      '1.2.3.4',
    ]);
    expect(withExtensions(extension('1.2.3.4', derElement(TAG.null)))?.unknownCritical).toEqual([]);
  });

  test.each([
    ['a NUL in a name', [san([2, 'a.test\0.b.test'])]],
    ['a blank in a name', [san([2, 'a.test b.test'])]],
    ['a line end in a name', [san([6, 'spiffe://a/b\nx'])]],
    ['a byte past ASCII in a name', [san([1, 'ä@b.test'])]],
    ['an empty name', [san([2, ''])]],
    ['no names', [extension('2.5.29.17', derElement(TAG.sequence))]],
    ['two lists of names', [san([2, 'a.test']), san([2, 'b.test'])]],
    [
      'something behind the names',
      [
        extension(
          '2.5.29.17',
          Buffer.concat([derElement(TAG.sequence, derElement(0x82, Buffer.from('a'))), derElement(TAG.null)]),
        ),
      ],
    ],
    ['no purposes', [extension('2.5.29.37', derElement(TAG.sequence))]],
    ['constraints that are no sequence', [extension('2.5.29.19', derElement(TAG.null))]],
    [
      'a negative length of paths',
      [
        extension(
          '2.5.29.19',
          derElement(
            TAG.sequence,
            derElement(TAG.boolean, Buffer.from([0xff])),
            derElement(TAG.integer, Buffer.from([0xff])),
          ),
        ),
      ],
    ],
    [
      'a truth of another byte',
      [extension('2.5.29.19', derElement(TAG.sequence, derElement(TAG.boolean, Buffer.from([1]))))],
    ],
  ])('%s is refused', (_what, list) => {
    expect(withExtensions(...list)).toBeNull();
  });

  test.each([
    [
      'another algorithm outside',
      rebuilt({ algorithm: derElement(TAG.sequence, derOid('1.2.840.10045.4.3.3')) }),
    ],
    ['something behind the signature', rebuilt({ rest: derElement(TAG.null) })],
    ['something behind the certificate', Buffer.concat([leaf.der, Buffer.from([5, 0])])],
    ['extensions in a certificate of the first version', rebuilt({ fields: fields.slice(1) })],
    [
      'no extensions in the list of them',
      rebuilt({
        fields: [...fields.slice(0, -1), derElement(contextTag(3, true), derElement(TAG.sequence))],
      }),
    ],
    ['nothing', new Uint8Array(0)],
    ['more than 16 KiB', new Uint8Array(MAX_CERTIFICATE_BYTES + 1)],
  ])('%s is refused', (_what, der) => {
    expect(parseCertificate(der)).toBeNull();
  });

  test('any bytes are read or refused, and never throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void parseCertificate(bytes)));
  });

  test('any change is refused, or read as one element in its place', () => {
    fc.assert(
      fc.property(fc.nat(leaf.der.length - 1), fc.nat(255), fc.nat(3), (at, value, removed) => {
        const changed = Buffer.concat([
          leaf.der.subarray(0, at),
          Buffer.from([value]),
          leaf.der.subarray(at + removed),
        ]);
        const facts = parseCertificate(new Uint8Array(changed));
        if (facts === null) return;
        for (const name of [...facts.names.dns, ...facts.names.uri, ...facts.names.email])
          expect(name).toMatch(/^[\x21-\x7e]+$/);
        expect(facts.subject.text).not.toMatch(/[\0-\x1f\x7f]/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('names of any text have one form, and different texts have different ones', () => {
    const nameOf = (text: string): string => {
      const name = derElement(
        TAG.sequence,
        derElement(
          TAG.set,
          derElement(TAG.sequence, derOid('2.5.4.3'), derElement(TAG.utf8, Buffer.from(text))),
        ),
      );
      const own = fields.slice(0, -1).map((field, at) => (at === 5 ? name : field));
      return parseCertificate(rebuilt({ fields: [...own, fields.at(-1) as Uint8Array] }))?.subject.text ?? '';
    };
    const text = fc.string({ unit: fc.constantFrom(...'ab ,=+"\\#<>;ä\n\0') });
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(nameOf(one) === nameOf(other)).toBe(one === other);
        expect(nameOf(one)).toMatch(/^CN=/);
        expect(nameOf(one).split(/(?<!\\)(?:\\\\)*[,+]/)).toHaveLength(1);
      }),
    );
  });
});
