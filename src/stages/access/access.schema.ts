import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import { networkSchema } from '../../core/network.schema.ts';
import { COUNTRY_GROUPS, countryProblem } from '../../lib/geo/country-code.ts';

const reputationSchema = z
  .strictObject({
    files: z
      .array(z.string().min(1))
      .min(1)
      .max(32)
      .describe(
        'Text files with one address or network per line, IPv4 or IPv6; `#` begins a comment. Read again when they change.',
      ),
    when: z
      .enum(['always', 'attack'])
      .default('always')
      .describe('`attack`: addresses on the lists are refused while attack mode is on only.'),
    maxAgeH: z
      .int()
      .min(1)
      .max(8760)
      .default(168)
      .describe(
        'Hours after which a file that did not change is told as old (`reputation.stale`); it goes on to be used.',
      ),
    except: z
      .array(networkSchema)
      .default([])
      .describe('Networks that are never refused for being on the lists, such as a carrier of your clients.'),
  })
  .describe('Lists of addresses with a bad name, from files. `allow` and `except` win over them.');

const placeSchema = z
  .string()
  .superRefine((name, issues) => {
    const problem = COUNTRY_GROUPS.has(name) ? '' : countryProblem(name);
    if (problem !== '') issues.addIssue({ code: 'custom', message: `${problem}.` });
  })
  .describe('A country of ISO 3166-1 such as `DE`, or the group `EU` or `EEA`.');

const countriesSchema = z
  .strictObject({
    allow: z
      .array(placeSchema)
      .default([])
      .describe('Countries that requests may come from. Empty: all that are not denied.'),
    deny: z.array(placeSchema).default([]).describe('Countries that requests may not come from.'),
    files: z
      .array(z.string().min(1))
      .max(32)
      .default([])
      .describe(
        'Text files with one more denied country per line, such as a list of sanctioned countries that a weekly job writes; `#` begins a comment. Read again when they change.',
      ),
    maxAgeH: z
      .int()
      .min(1)
      .max(8760)
      .default(168)
      .describe(
        'Hours after which a file that did not change is told as old (`countries.stale`); it goes on to be used.',
      ),
    unknown: z
      .enum(['deny', 'allow'])
      .optional()
      .describe(
        'What happens to addresses of which no country is known, private ones among them. Absent: `deny` where `allow` has entries, else `allow`.',
      ),
    except: z
      .array(networkSchema)
      .default([])
      .describe('Networks that may come from anywhere, such as those of a partner’s office.'),
  })
  .describe(
    'Which countries requests may come from, by the client’s address in the database of `geo`. `deny` and `files` win over `allow`, `except` wins over all.',
  );

export const accessSchema = z
  .strictObject({
    mode: modeSchema,
    allow: z
      .array(networkSchema)
      .default([])
      .describe(
        'Networks that may use the API. Empty: everyone who is not denied. An address on both lists is denied. IPv4 and IPv6 are separate: `0.0.0.0/0` admits no IPv6 address.',
      ),
    deny: z
      .array(networkSchema)
      .default([])
      .describe('Networks that may not use the API, whatever `allow` says.'),
    reputation: reputationSchema.optional(),
    countries: countriesSchema.optional(),
  })
  .describe(
    'Which client addresses may use the API: listed in `allow` if that has entries, and not listed in `deny` nor, where nothing is allowed by name, in a file of `reputation`; and coming from where `countries` says.',
  );

export type AccessConfig = z.infer<typeof accessSchema>;
export type CountriesConfig = z.infer<typeof countriesSchema>;
export type ReputationConfig = z.infer<typeof reputationSchema>;
