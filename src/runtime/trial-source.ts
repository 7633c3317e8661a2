import { type RuleRecord, type RuleStore, type RuleTrial, ruleRecordId } from '../core/waf-records.ts';

const trialOf = (rule: RuleRecord): RuleTrial => ({
  id: ruleRecordId(rule),
  isOnTrial: rule.state !== 'active',
});

/** What threads are to know of rules: those on trial, and all of the operator's own files. */
export function trialSource(rules: Pick<RuleStore, 'find' | 'list'>) {
  return {
    async find(id: string): Promise<RuleTrial | null> {
      const found = await rules.find(id);
      return found === null ? null : trialOf(found);
    },
    async list(): Promise<RuleTrial[]> {
      const found = await rules.list();
      return found.filter(({ origin, state }) => origin === 'custom' || state !== 'active').map(trialOf);
    },
  };
}
