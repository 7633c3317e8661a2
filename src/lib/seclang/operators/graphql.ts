import { countGraphql, type GraphqlCost } from '../../detect/formats/graphql.ts';
import type { CompileOperator } from '../operator.ts';

const COUNTS = ['depth', 'aliases', 'fields', 'directives', 'fragments'] as const;
type Count = (typeof COUNTS)[number];

/** Limits of an argument such as `depth=10 aliases=20`. */
function parseLimits(argument: string): readonly (readonly [Count, number])[] {
  return argument
    .trim()
    .split(/\s+/)
    .map((part) => {
      const limit = /^([a-z]+)=(\d{1,9})$/.exec(part);
      const name = COUNTS.find((each) => each === limit?.[1]);
      if (limit === null || name === undefined) {
        throw new RangeError(`"${part}" is no limit; say one of ${COUNTS.join(', ')}, as in depth=10.`);
      }
      return [name, Number(limit[2])] as const;
    });
}

/** Matches a GraphQL document that asks for more than a limit allows. Captured is what it asks for: `depth=12`. */
export const graphqlExceeds: CompileOperator = (argument) => {
  const limits = parseLimits(argument);
  return {
    test(value, captures) {
      const cost = countGraphql(value);
      const exceeded =
        cost === null ? undefined : limits.find(([name, most]) => (cost as GraphqlCost)[name] > most);
      if (cost === null || exceeded === undefined) return false;
      if (captures !== null) captures.push(`${exceeded[0]}=${cost[exceeded[0]]}`);
      return true;
    },
    needs: [['{']],
  };
};

/** Matches a GraphQL document that asks for the schema. */
export const graphqlSchema: CompileOperator = () => ({
  test(value, captures) {
    if (countGraphql(value)?.asksForSchema !== true) return false;
    if (captures !== null) captures.push('__schema');
    return true;
  },
  needs: [['__schema', '__type']],
});
