import { ConfigError, type ConfigProblem } from '../../core/errors.ts';
import type { Ports } from '../../core/ports.ts';
import { isInCategory } from '../../core/rule-categories.ts';
import type { KnownRule } from '../../core/rule-sets.ts';
import type { RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { Strangers } from './strangers.ts';
import { type WafConfig, wafSchema } from './waf.schema.ts';
import { AnswerBodyCheck, AnswerCheck, BodyCheck, HeadCheck, LastLook } from './waf-checks.ts';
import { WafRoute } from './waf-route.ts';

/** Requests of strangers that one thread looks at in a second, for each route. */
const STRANGERS_PER_S = 50;

function compile(config: WafConfig, route: RouteFacts, ports: Ports): StageChecks {
  const rules = route.rules.find(config);
  if (rules === null) return {};
  const problems = [...unknownRules(config, rules.rules), ...decidingRules(config, rules.rules)];
  if (problems.length > 0) throw new ConfigError(problems);
  const shared = new WafRoute(config, rules, route, ports);
  return {
    head: new HeadCheck(shared),
    body: new BodyCheck(shared),
    inspectLimitBytes: shared.bodyLimitBytes,
    response: new AnswerCheck(shared),
    responseBody: new AnswerBodyCheck(shared),
    responseBodyLimitBytes: shared.answerLimitBytes,
    finisher: new LastLook(shared, new Strangers(STRANGERS_PER_S)),
  };
}

/** Ids and categories that no rule has: whoever wrote them meant one, which would go on as before. Categories are of rules that find something. */
function unknownRules(config: WafConfig, rules: readonly KnownRule[]): ConfigProblem[] {
  const ids = new Set(rules.map(({ id }) => String(id)));
  const unknownIds = Object.keys(config.rules).filter((id) => !ids.has(id));
  const unknownCategories = Object.keys(config.categories).filter(
    (name) => !rules.some(({ tags, role }) => role === 'detect' && isInCategory(tags, name)),
  );
  return [
    ...unknownIds.map((id) => ({
      pointer: `/rules/${id}`,
      message: `No rule of this route has the id ${id}.`,
    })),
    ...unknownCategories.map((name) => ({
      pointer: `/categories/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      message: `No rule of this route has the tag "attack-${name}" or "${name}".`,
    })),
  ];
}

/** Modes of rules by which scores block: without one of them no rule would, and nothing would say so. */
function decidingRules(config: WafConfig, rules: readonly KnownRule[]): ConfigProblem[] {
  return rules.flatMap(({ id, role }) => {
    const mode = config.rules[id];
    if (role !== 'score' || mode === undefined || mode === 'block') return [];
    const message = `Rule ${id} blocks by the score that others add up: as \`${mode}\` it would switch off all of them. To block nothing, say \`mode: observe\`.`;
    return [{ pointer: `/rules/${id}`, message }];
  });
}

function weaknesses(config: WafConfig): readonly Weakness[] {
  const found: Weakness[] = [];
  const add = (pointer: string, message: string): void => void found.push({ pointer, message });
  if (config.whenUninspected === 'log')
    add(
      '/whenUninspected',
      'What rules cannot look at passes: an attack only needs a body that is too long for them.',
    );
  if (!config.responses.inspect)
    add('/responses/inspect', 'Bodies of answers are not looked at: what leaks is not noticed.');
  for (const [at, network] of config.allow.entries())
    add(`/allow/${at}`, `No rule looks at requests from ${network}.`);
  for (const [at, type] of config.uploads.entries())
    add(`/uploads/${at}`, `Of bodies of type ${type} only the beginning is looked at.`);
  if ((config.inboundThreshold ?? 0) > 5)
    add('/inboundThreshold', 'One critical match is worth 5: a request may have one without being blocked.');
  if ((config.outboundThreshold ?? 0) > 4)
    add(
      '/outboundThreshold',
      'One match of severity ERROR is worth 4: an answer may have one without being withheld.',
    );
  for (const key of ['rules', 'categories'] as const) {
    for (const [name, mode] of Object.entries(config[key])) {
      if (mode !== 'block')
        add(`/${key}/${name}`, `${key === 'rules' ? 'Rule' : 'Category'} ${name} blocks nothing here.`);
    }
  }
  return found;
}

/** Runs rules in SecLang over requests and answers. */
export const waf: Stage<WafConfig> = {
  name: 'waf',
  key: 'waf',
  schema: wafSchema,
  compile,
  weaknesses,
};
