import { byteMutations, type Chooser, LINE_MUTATIONS, type Mutation, onLines } from '../fuzz/mutate.ts';

/** The texts between broken bars. */
function split(texts: string): string[] {
  return texts.split('¦');
}

/** Bytes and runs of them that one reader takes for an end, a blank or nothing, and another one does not. */
const SPECIAL = [
  ...split('\r¦\n¦\r\n¦\0¦ ¦\t¦\x0b¦\x0c¦:¦;¦,¦"¦\\¦=¦#¦\x7f¦\x1f'),
  ...['\x80', '\x85', '\xa0', '\xff', '\r\n ', '\r\n\t', '\r\n\r\n', '\n\n', '0', '1', 'f', '0\r\n\r\n'],
  ...['Transfer-Encoding: chunked\r\n', 'Content-Length: 3\r\n', 'HTTP/1.1', 'GET / HTTP/1.1\r\n'],
];

/** Replaces one place where the pattern matches; the choices may use the match as `$&`. */
function anyMatch(pattern: RegExp, choices: readonly string[]): Mutation {
  return (text, choose) => {
    const matches = [...text.matchAll(pattern)];
    if (matches.length === 0) return text;
    const match = choose.from(matches);
    const choice = choose.from(choices).replaceAll('$&', match[0]);
    return text.slice(0, match.index) + choice + text.slice(match.index + match[0].length);
  };
}

const LENGTHS = [
  ...split('+$&¦-$&¦0x$&¦$&,$&¦$&, $&¦$& $&¦$&.0¦$&e0¦0$&¦$&0¦¦ ¦"$&"¦\'$&\''),
  ...split('$&;¦$&;a¦$&\0¦$&\x0b¦\x0b$&¦$&\t¦$&_0¦1¦2¦0¦5¦a¦$&,¦,$&¦\xa0$&'),
  ...[
    '99999999999999999999',
    '9007199254740993',
    '18446744073709551617',
    '4294967301',
    `${'0'.repeat(20)}$&`,
  ],
  ...['$&\r\nContent-Length: $&', '$&\r\ncontent-length: 1', '$&\r\nTransfer-Encoding: chunked'],
  ...['$&\r\nTransfer-Encoding: identity', '\r\n $&', '$&\r\n ', '$&\r\n 0', '$&\rX: y', '$&\nX: y'],
];

const CODINGS = [
  ...['chunked, chunked', 'chunked, identity', 'identity, chunked', 'gzip, chunked', 'chunked, gzip', 'gzip'],
  ...[' $&', '$& ', '$&\t', '"$&"', "'$&'", 'x$&', '$&x', '$&;q=1', '$& ;', ',$&', '$&,', '$&, ', 'CHUNKED'],
  ...split('chun\r\n ked¦\x0b$&¦\x0c$&¦$&\0¦\0$&¦$&\x0b¦$&\x85¦\xa0$&¦identity¦¦chunke'),
  ...split('$&\r\nTransfer-Encoding: $&¦$&\r\nTransfer-Encoding: identity¦$&\r\nContent-Length: 3'),
  ...split('$&\r\n ¦$&\r\n , identity¦$&\rX: y¦$&\nX: y¦identity\r\nTransfer-Encoding: $&'),
  ...split('\r\n $&¦c h u n k e d¦\t$&¦\t$&\t¦$& \t'),
];

const FRAMING_NAMES = [
  ...split('$& ¦$&\t¦ $&¦\t$&¦$&\0¦$&\x0b¦\x0b$&¦X-$&¦$&x¦$&\r\n¦$&\xa0¦"$&"¦$&\r'),
  ...split('Content-Length¦Transfer-Encoding¦Content_Length¦transfer_encoding¦CONTENT-LENGTH¦$&:¦$&: '),
  ...['X: y\r\n$&', 'X: y\n$&', 'X: y\r$&', '\r\n$&', '\n$&', 'X:\r\n $&', 'X\r\n$&'],
];

const SIZES = [
  ...split('0x$&¦+$&¦-$&¦ $&¦$& ¦$&\t¦\t$&¦$&\0¦$&\x0b¦0$&¦00000000000000000$&¦$&;¦$& ;a'),
  ...split('$&;a=¦$&;=b¦$&; a¦$&;a b¦$&;a ;b¦$&;a="¦$&;a="b¦$&;a="b"c¦$&;a=\r¦$&;a\0¦$&;a\nb'),
  ...split('$&;a="\r\n"¦$&;a="\\"¦$&,a¦$&:a¦¦g¦$&g¦1¦0¦ffffffff¦100000000¦ffffffffffffffff'),
  ...split('10000000000000000¦1$&¦$&\r\n¦\r\n$&¦$&\r¦$&\r\r¦$&;a\r¦$&.0¦$&h¦$&_0¦1e1¦$&;a=b=c¦$&;a=(b)'),
];

const VERSIONS = [
  ...split('HTTP/1.0¦HTTP/1.2¦HTTP/2.0¦HTTP/0.9¦HTTP/1¦HTTP/1.10¦HTTP/01.1¦http/1.1¦HTTP/ 1.1'),
  ...split('HTTP 1.1¦HTTP/1,1¦RTSP/1.0¦ICE/1.0¦HTTPS/1.1¦ HTTP/1.1¦$& ¦$&x¦¦\tHTTP/1.1¦$&\0'),
];

const LINE_ENDS = [
  ...split('\n¦\r¦\r\r\n¦\n\r¦\n\r\n¦\r\n\r\n¦\r\n ¦\r\n\t¦¦ ¦\0\r\n¦ \r\n¦\t\r\n'),
  ...split('\x0b\r\n¦\r\x0b\n¦\n\n¦\r\n\n¦\r\n\r¦\r \n¦\x85¦\r\n:¦\r\n: x\r\n¦\r\nX\r\n'),
];

const BLANK_CHOICES = ['  ', '\t', '\x0b', '\x0c', '\r', '\n', '\r\n', '', '\xa0', '\0', ' \t', '\x85'];
const COLONS = [' :', '\t:', ';', '::', '', ':\r\n ', ':\0', ':\x0b', ':\r', '=', ' : ', ': :'];
const TARGETS = split('¦*¦/a b¦/\t¦/#¦/\x80¦/\xff¦/\0¦/\x7f¦//¦a¦?¦http:/¦/"<>\\^`{|}');
const METHODS = split('get¦$&X¦ $&¦¦$& ¦$&\t¦"$&"¦$&\0¦PRI¦SOURCE¦DESCRIBE¦\n$&');
const STATUSES = split('99¦600¦999¦1000¦2 00¦+200¦20¦204¦304¦100¦101¦199¦000¦200\t');

/** Pieces that frame messages, each in all the spellings that readers disagree about. */
const TOKENS: readonly Mutation[] = [
  anyMatch(/(?<=Content-Length:[ \t]*)[0-9]+/gi, LENGTHS),
  anyMatch(/(?<=Transfer-Encoding:[ \t]*)chunked/gi, CODINGS),
  anyMatch(/Content-Length|Transfer-Encoding/gi, FRAMING_NAMES),
  anyMatch(/(?<=^|\n)[0-9a-f]+(?=[;\r])/gi, SIZES),
  anyMatch(/HTTP\/1\.[01]/g, VERSIONS),
  anyMatch(/\r\n/g, LINE_ENDS),
  anyMatch(/\r\n/g, LINE_ENDS),
  anyMatch(/[ \t]/g, BLANK_CHOICES),
  anyMatch(/:/g, COLONS),
  anyMatch(/(?<=^[^ ]+ )[^ ]+(?= HTTP)/g, TARGETS),
  anyMatch(/(?<=HTTP\/1\.[01] )[0-9]{3}/g, STATUSES),
  anyMatch(/^[A-Z]+(?= )/g, METHODS),
  anyMatch(/(?<=\n)[0-9a-f]+(?:;[^\r\n]*)?\r\n(?=[^\r\n])/gi, SIZES),
];

const LINES: readonly Mutation[] = [
  ...LINE_MUTATIONS,
  onLines((lines, at, choose) => {
    lines[at] = choose.from([' ', '\t', '\0', ':', '\x0b']) + lines[at];
  }),
  onLines((lines, at, choose) => {
    lines[at] += choose.from([' ', '\t', '\r', '\0', '\x0b', '\n', ';', ':']);
  }),
  onLines((lines, at, choose) => {
    const line = choose.from([
      'Content-Length: 5',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip',
      '0',
      '',
      'X',
    ]);
    lines.splice(at, 0, line);
  }),
];

const BYTES: readonly Mutation[] = [
  ...byteMutations(SPECIAL),
  (text, choose) => text.slice(0, 1 + choose.below(text.length)),
];

/** Changes a message in `count` places, most of them where its framing is. */
export function mutate(text: string, count: number, choose: Chooser): string {
  let mutated = text;
  for (let i = 0; i < count && mutated.length > 1; i++) {
    const level = choose.chance(0.6) ? TOKENS : choose.chance(0.5) ? LINES : BYTES;
    mutated = choose.from(level)(mutated, choose);
  }
  return mutated;
}
