/** What running the checks of a route costs, without reading, sending and waiting. */
export interface StageLoop {
  readonly nsPerRequest: number;
  readonly checks: number;
}

/** Measures the stage loop on a plan of this repository; throws a sentence while that cannot be built. */
export async function measureStageLoop(): Promise<StageLoop> {
  throw new Error('src/plan cannot compile a configuration yet.');
}
