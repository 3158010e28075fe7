/** Predictions of a number, with an interval for most outcomes. */

import type { Explanation, Model, Report, RowPrediction, WeekScore } from '$lib/api/types';
import { percent, quantity, signedQuantity } from '$lib/format';
import type { Bar } from '$lib/charts/Bars.svelte';
import { ticks } from '$lib/charts/ticks';
import type { Tile } from '$lib/ui/Tiles.svelte';
import { lastWeekTiles, loss } from './loss';
import { unitOf } from './target.svelte';
import type { Levels } from './types';

type Answer = RowPrediction | Explanation;
interface NumberAnswer {
  prediction: number;
  low: number | null;
  high: number | null;
}

/** The fields of a number's answer. */
export function numberOf(answer: Answer): NumberAnswer {
  if (!('prediction' in answer)) throw new TypeError('This is not the answer of a regression.');
  return answer;
}

export const VALUE = 'Prediction';
export const COLUMNS = ['prediction', 'low', 'high'];

export function cells(answer: Answer): string[] {
  const { prediction, low, high } = numberOf(answer);
  return [prediction, low, high].map((value) => (value === null ? '' : String(value)));
}

export function ofCells(cells: string[]): RowPrediction {
  const [prediction = NaN, low = null, high = null] = cells.map((cell) =>
    cell === '' ? null : Number(cell),
  );
  return { index: 0, warnings: [], prediction: prediction ?? NaN, low, high };
}

export const level = (answer: Answer): number => numberOf(answer).prediction;

export const group = () => null;

/** How many rows have which prediction, in bins with round edges. */
export function spread(levels: Levels): Bar[] {
  const range = levels.range();
  if (!range) return [];
  const edges = range[0] < range[1] ? ticks(...range, 8) : [range[0], range[1]];
  return levels.histogram(edges).map((rows, at) => ({
    key: String(at),
    title: `${quantity(edges[at])} to ${quantity(edges[at + 1], unitOf())}`,
    value: rows,
  }));
}

export function value(answer: Answer): string {
  return quantity(numberOf(answer).prediction, unitOf());
}

/** The interval that nine of ten outcomes lie in. */
export function decision(answer: Answer): string {
  const { low, high } = numberOf(answer);
  return low === null || high === null ? '' : `${quantity(low)} to ${quantity(high, unitOf())}`;
}

export const inShort = value;

export function counted(answer: Answer): Record<string, number> {
  return { total: numberOf(answer).prediction };
}

export function difference(before: Answer, now: Answer): number {
  return numberOf(now).prediction - numberOf(before).prediction;
}

export function differenceText(difference: number): string {
  return difference === 0 ? 'no change' : signedQuantity(difference, unitOf());
}

export const inFull = value;

export function start(answer: Explanation): string {
  return quantity(answer.start, unitOf());
}

export function effect(value: number): string {
  return signedQuantity(value);
}

export const effectUnit = (): string => unitOf() || 'the target’s own unit';

export function fileTile(target: string, sums: Record<string, number>, predicted: number): Tile {
  const sum = sums['total'] ?? 0;
  return {
    label: `${target}: mean`,
    value: predicted ? quantity(sum / predicted, unitOf()) : '–',
    note: '',
  };
}

export const modelTiles = {
  metric: (model: Model): Tile => ({
    label: 'RMSE',
    value: quantity(model.metrics?.['rmse'], unitOf()),
    note: 'on the holdout',
  }),
  target: (model: Model): Tile => ({
    label: `${model.target.title}: mean`,
    value: quantity(model.baseline[0], unitOf()),
    note: 'of the rows trained on',
  }),
};

export function reportTiles(report: Report): Tile[] {
  const predictions = report.figures?.predictions;
  const earlier = predictions?.earlier_mean;
  return [
    {
      label: 'Mean prediction',
      value: quantity(predictions?.mean, unitOf()),
      note: earlier == null ? '' : `${quantity(earlier, unitOf())} in earlier weeks`,
    },
    ...lastWeekTiles(report, metric.title),
  ];
}

export const metric = { title: 'Squared error', ...loss };

export const furtherMetrics: Record<string, (week: WeekScore) => string> = {
  RMSE: (week) => quantity(week.metrics?.['rmse'], unitOf()),
  Coverage: (week) => percent(week.metrics?.['coverage']),
  Skill: (week) => percent(week.skill),
};
