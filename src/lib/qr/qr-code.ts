import { codewordsOf } from './codewords.ts';
import { QrSymbol } from './symbol.ts';

const MASK_COUNT = 8;

/** How hard a line of modules is to read: long runs, and what looks like a corner (ISO/IEC 18004, section 7.8.3). */
function penaltyOfLine(line: string): number {
  let penalty = 0;
  for (const run of line.match(/0{5,}|1{5,}/g) ?? []) penalty += run.length - 2;
  for (let at = line.indexOf('1011101'); at >= 0; at = line.indexOf('1011101', at + 1)) {
    const before = line.slice(Math.max(0, at - 4), at);
    const after = line.slice(at + 7, at + 11);
    if (!before.includes('1') || !after.includes('1')) penalty += 40;
  }
  return penalty;
}

function penaltyOf(symbol: QrSymbol): number {
  const { size } = symbol;
  const rows = Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) => Number(symbol.isDark(x, y))).join(''),
  );
  const columns = rows.map((_, x) => rows.map((row) => row[x]).join(''));
  let penalty = [...rows, ...columns].reduce((sum, line) => sum + penaltyOfLine(line), 0);
  for (let y = 1; y < size; y++) {
    for (let x = 1; x < size; x++) {
      const block = (rows[y - 1] as string).slice(x - 1, x + 1) + (rows[y] as string).slice(x - 1, x + 1);
      if (block === '0000' || block === '1111') penalty += 3;
    }
  }
  const dark = rows.join('').replaceAll('0', '').length / (size * size);
  return penalty + 10 * Math.floor(Math.abs(dark - 0.5) * 20);
}

/** The QR code of a text, with error correction of level M; null for a text of more than 412 bytes. */
export function qrCode(text: string): QrSymbol | null {
  const coded = codewordsOf(new TextEncoder().encode(text));
  if (coded === null) return null;
  const symbol = new QrSymbol(coded.version);
  symbol.place(coded.codewords);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let mask = 0; mask < MASK_COUNT; mask++) {
    symbol.mask(mask);
    const penalty = penaltyOf(symbol);
    if (penalty < least) [best, least] = [mask, penalty];
    symbol.mask(mask);
  }
  symbol.mask(best);
  return symbol;
}

/** The dark modules as path data of SVG, one unit per module, runs of a row together. */
export function svgPath(symbol: QrSymbol): string {
  let path = '';
  for (let y = 0; y < symbol.size; y++) {
    for (let x = 0; x < symbol.size; ) {
      const from = x;
      while (x < symbol.size && symbol.isDark(x, y)) x += 1;
      if (x > from) path += `M${from} ${y}h${x - from}v1h${from - x}z`;
      else x += 1;
    }
  }
  return path;
}
