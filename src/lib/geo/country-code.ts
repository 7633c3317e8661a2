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

const EU = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');

/**
 * Groups of countries by the name that a configuration may use for them.
 *
 * Source: the members of the European Union since 2020, and of the European Economic Area.
 */
export const COUNTRY_GROUPS: ReadonlyMap<string, readonly string[]> = new Map([
  ['EU', EU],
  ['EEA', [...EU, 'IS', 'LI', 'NO']],
]);

/** The countries that codes and names of groups stand for. */
export function countriesOf(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => COUNTRY_GROUPS.get(name) ?? [name]));
}
