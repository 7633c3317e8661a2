const COUNT = 10;
const BYTES = 10;
/** Base 32 without `0`, `1`, `i` and `o`, which are read for one another. */
const DIGITS = 'abcdefghjklmnpqrstuvwxyz23456789';
const FORM = /^[a-hj-np-z2-9]{16}$/;

/** Ten codes of 80 random bits in groups of four, each good for one sign-in. */
export function newRecoveryCodes(randomBytes: (size: number) => Uint8Array): string[] {
  return Array.from({ length: COUNT }, () => codeOf(randomBytes(BYTES)));
}

function codeOf(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  let digits = '';
  for (let at = 0; at < 16; at++) {
    digits = DIGITS[Number(bits & 31n)] + digits;
    bits >>= 5n;
  }
  return (digits.match(/.{4}/g) as string[]).join('-');
}

/** A recovery code as it is hashed; '' when this is none. */
export function normalRecoveryCode(typed: string): string {
  const code = typed.toLowerCase().replace(/[\s-]/g, '');
  return FORM.test(code) ? code : '';
}
