/** Drift in words that need no statistics. */

import type { FeatureDrift } from '$lib/api/types';

const NAMED = 5;

/** Which features are unlike any past week, and which way they moved. */
export function driftInWords(drift: FeatureDrift[]): string {
  const unusual = drift.filter((feature) => feature.unusual);
  if (!unusual.length) {
    const known = drift.filter((feature) => feature.psi !== null).length;
    if (!known) return 'There are too few rows to tell.';
    return 'Yes: no feature is further from its season than in past weeks.';
  }
  const named = unusual.slice(0, NAMED).map(({ title, direction }) => {
    const way = plainly(direction);
    return way ? `${title} (${way})` : title;
  });
  const more = unusual.length > NAMED ? ` and ${unusual.length - NAMED} more` : '';
  const [features, are] =
    unusual.length === 1 ? ['1 feature', 'is'] : [`${unusual.length} features`, 'are'];
  return (
    `No: ${features} ${are} further from ${unusual.length === 1 ? 'its' : 'their'} season than in ` +
    `any past week: ${named.join(', ')}${more}. Predictions from such rows are less certain.`
  );
}

/** The report's direction, such as `mean up 0.45 sd` or `missing up 3.2 points`, in plain words. */
function plainly(direction: string): string {
  const parts = /^(.*) (up|down) [\d.]+ (sd|points)$/.exec(direction);
  if (!parts) return direction === 'no change' ? '' : direction;
  const up = parts[2] === 'up';
  if (parts[3] === 'sd') return up ? 'higher' : 'lower';
  return `${up ? 'more' : 'less'} often ${parts[1]}`;
}
