const NAMES = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** Codes that name no one country. */
const NO_COUNTRY = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ']);

/** What is wrong with a country code, as a sentence; '' when it is one of ISO 3166-1 alpha-2. */
export function countryProblem(code: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return `\`${code}\` is not a country: write two capitals, such as DE`;
  if (NO_COUNTRY.has(code) || NAMES.of(code) === undefined)
    return `there is no country \`${code}\` in ISO 3166-1`;
  const region = new Intl.Locale(`und-${code}`).maximize().region ?? code;
  return region === code ? '' : `there is no country \`${code}\` in ISO 3166-1; did you mean ${region}?`;
}
