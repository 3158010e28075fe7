/** The loss of past weeks, which every kind of prediction has. */

import type { Report, WeekScore } from '$lib/api/types';
import { figure, percent } from '$lib/format';
import type { Tile } from '$lib/ui/Tiles.svelte';

export const loss = {
  better: 'lower is better',
  realized: (week: WeekScore) => week.loss ?? null,
  expected: (week: WeekScore) => week.expected_loss ?? null,
  baseline: (week: WeekScore) => week.baseline_loss ?? null,
};

/** The tiles of last week's loss and skill. */
export function lastWeekTiles(report: Report, title: string): Tile[] {
  const last = report.figures?.performance?.weeks?.at(-1);
  return [
    {
      label: `${title} last week`,
      value: figure(last?.loss),
      note: last ? `${figure(last.expected_loss)} expected` : 'no outcomes yet',
    },
    {
      label: 'Skill last week',
      value: percent(last?.skill),
      note: last ? `${percent(last.expected_skill)} expected` : 'no outcomes yet',
    },
  ];
}
