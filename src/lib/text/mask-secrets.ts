/** Parts of names under which people put credentials or numbers that are as good as one. */
const CREDENTIAL_NAME =
  /pass|pwd|secret|token|auth(?!or(?!i))|credential|api.?key|access.?key|private|session|sess(?:id)?|jwt|bearer|assertion|signature|otp|cvv|cvc|ssn|iban|card|(?:^|[^a-z])(?:sid|sig|pin|pan|key|code|nonce|state)(?:$|[^a-z])/i;

/** Whether what has this name may be a credential. */
export function isCredentialName(name: string): boolean {
  return CREDENTIAL_NAME.test(name.replace(/([a-z])([A-Z])/g, '$1 $2'));
}

const MASK = '*';
const starsFor = (text: string): string => MASK.repeat(text.length);

/** A name, what stands between it and its value, and the value. */
const PAIRS: readonly RegExp[] = [
  /([\w.%[\]-]{1,64})(["']?\s{0,4}(?:=|%3d)\s{0,4}["']?)([^&;\r\n"'<>]{1,512})/gi,
  /([\w.%[\]-]{1,64})(["']?\s{0,4}(?::|=>)\s{0,4})("(?:[^"\\]|\\.){0,512}"?|'(?:[^'\\]|\\.){0,512}'?|[^,\r\n}\]"']{1,512})/gi,
  /<([\w:.-]{1,64})([^<>]{0,64}>)([^<]{1,512})/gi,
];

/** What is a credential whatever it is called: tokens, schemes of authentication, user and password of URLs, card numbers. */
const TOKENS: readonly RegExp[] = [
  /eyJ[\w-]{4,512}(?:\.[\w-]{0,512}){0,4}/gi,
  /\/\/[^/\s@]{1,128}@/g,
  /\b\d(?:[ -]?\d){12,18}\b/g,
];
const SCHEME = /\b(bearer|basic|digest|negotiate|dpop)(\s{1,4})([\w.~+/=-]{4,512})/gi;
const LONG_RUN = /[A-Za-z0-9_+/=-]{20,512}/g;

/**
 * Hides what may be a credential in a text of any kind behind stars; every character keeps its place.
 *
 * Safety: hides too much rather than too little: a run of letters and digits is taken for a token.
 * Cost: linear; meant for texts of some hundred characters.
 */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const pair of PAIRS) {
    masked = masked.replace(pair, (whole: string, name: string, _between: string, value: string) =>
      isCredentialName(name) ? whole.slice(0, whole.length - value.length) + starsFor(value) : whole,
    );
  }
  masked = masked.replace(
    SCHEME,
    (_whole, scheme: string, blanks: string, value: string) => scheme + blanks + starsFor(value),
  );
  for (const token of TOKENS) masked = masked.replace(token, starsFor);
  return masked.replace(LONG_RUN, (run) => (/\d/.test(run) && /[A-Za-z]/.test(run) ? starsFor(run) : run));
}
