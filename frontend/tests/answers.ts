/** Answers of the service, for tests. */

import type { Explanation } from '$lib/api/types';

/** An explained prediction of yes or no. */
export function answer(probability: number): Explanation {
  return {
    probability,
    decision: probability >= 0.5,
    threshold: 0.5,
    model_version: '1',
    warnings: [],
    score: 0,
    scale: 'log-odds',
    base_value: 0,
    level_correction: 0,
    start: 0.5,
    contributions: [],
  };
}
