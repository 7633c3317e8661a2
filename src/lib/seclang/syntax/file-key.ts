/** What a file that an operator names is called in `RuleProgram.dataFiles`: the same name is another file in another folder. */
export const fileKey = (name: string, ruleFile: string): string => `${ruleFile}\n${name}`;
