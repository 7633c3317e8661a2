import type { Weakness } from '../../core/stage.ts';
import type { HardeningConfig } from './hardening.schema.ts';

const HALF_YEAR_S = 15_768_000;
/** What the preload list asks for (https://hstspreload.org). */
const YEAR_S = 31_536_000;
const LEAKING_REFERRERS = new Set(['no-referrer-when-downgrade', 'unsafe-url']);

/** Lists what a block leaves open that its defaults close. */
export function weaknessesOf(config: HardeningConfig): readonly Weakness[] {
  const found: Weakness[] = [...hstsWeaknessesOf(config.hsts)];
  const report = (isWeak: boolean, field: string, message: string) => {
    if (isWeak) found.push({ pointer: `/${field}`, message });
  };
  const { referrerPolicy, crossOriginResourcePolicy: policy } = config;
  report(
    config.frameOptions === false,
    'frameOptions',
    'Any site may show answers in a frame; set it to DENY.',
  );
  report(
    referrerPolicy === false || LEAKING_REFERRERS.has(referrerPolicy),
    'referrerPolicy',
    'Browsers tell other sites whole URLs of this API; set it to no-referrer.',
  );
  report(
    config.csp === false,
    'csp',
    'An answer that a browser takes for a page may run scripts; set a policy.',
  );
  report(
    policy === false || policy === 'cross-origin',
    'crossOriginResourcePolicy',
    'Any site may load answers into its own process, where side channels read them; set it to same-origin.',
  );
  report(
    config.verboseErrors === 'keep',
    'verboseErrors',
    'Clients see stack traces and product names of a failing upstream; set it to replace.',
  );
  return found;
}

function hstsWeaknessesOf(hsts: HardeningConfig['hsts']): readonly Weakness[] {
  if (hsts === false)
    return [{ pointer: '/hsts', message: 'Browsers may fall back to HTTP; set a max-age of a year.' }];
  if (hsts.maxAgeS < HALF_YEAR_S) {
    return [
      { pointer: '/hsts/maxAgeS', message: 'Browsers soon forget to use HTTPS only; set 31536000, a year.' },
    ];
  }
  if (!hsts.preload || (hsts.includeSubDomains && hsts.maxAgeS >= YEAR_S)) return [];
  const message =
    'Preload lists take only domains with includeSubDomains and a year of max-age; set both, or drop it.';
  return [{ pointer: '/hsts/preload', message }];
}
