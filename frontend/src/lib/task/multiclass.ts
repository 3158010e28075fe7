/** Predictions of one of some classes: the probability of each, and the most likely one. */

import type { Explanation, Model, Report, RowPrediction, WeekScore } from '$lib/api/types';
import type { Bar } from '$lib/charts/Bars.svelte';
import { figure, percent, whole } from '$lib/format';
import type { Tile } from '$lib/ui/Tiles.svelte';
import { differenceText as points } from './binary';
import { labelOf } from './target.svelte';
import type { Levels } from './types';
import { lastWeekTiles, loss } from './loss';

/** From more classes on, the most likely ones come first, and the rest is folded away. */
const FEW = 12;

type Answer = RowPrediction | Explanation;
interface ClassAnswer {
  predicted: string | number;
  probability: number;
  probabilities: Record<string, number>;
}

/** The fields of an answer of classes. */
export function classOf(answer: Answer): ClassAnswer {
  if (!('probabilities' in answer)) throw new TypeError('This is not an answer of classes.');
  return answer;
}

export const VALUE = 'Probability';
export const COLUMNS = ['predicted', 'probability', 'probabilities'];

export function cells(answer: Answer): string[] {
  const { predicted, probability, probabilities } = classOf(answer);
  return [String(predicted), String(probability), JSON.stringify(probabilities)];
}

export function ofCells([
  predicted = '',
  probability,
  probabilities = '{}',
]: string[]): RowPrediction {
  return {
    index: 0,
    warnings: [],
    predicted,
    probability: Number(probability),
    probabilities: JSON.parse(probabilities) as Record<string, number>,
  };
}

export const level = (answer: Answer): number => classOf(answer).probability;

export const group = (answer: Answer): string => decision(answer);

/** How many rows have which class, the most frequent first. */
export function spread(_: Levels, sums: Record<string, number>): Bar[] {
  return Object.entries(sums)
    .sort(([, one], [, other]) => other - one)
    .map(([key, rows]) => ({ key, title: labelOf(key), value: rows }));
}

export function value(answer: Answer): string {
  return percent(classOf(answer).probability);
}

/** The most likely class. */
export function decision(answer: Answer): string {
  return labelOf(classOf(answer).predicted);
}

export function inShort(answer: Answer): string {
  return `${decision(answer)}, ${value(answer)}`;
}

export function counted(answer: Answer): Record<string, number> {
  return { [String(classOf(answer).predicted)]: 1 };
}

/** How far the probability of the class that is predicted now lies from what it was. */
export function difference(before: Answer, now: Answer): number {
  const { predicted, probability } = classOf(now);
  return probability - (classOf(before).probabilities[predicted] ?? 0);
}

export function differenceText(difference: number, now: Answer): string {
  return `${points(difference)} for ${decision(now)}`;
}

export const inFull = (answer: Answer): string => `${decision(answer)}, ${value(answer)} likely`;

export function start(answer: Explanation): string {
  return `${percent(answer.start)} for ${decision(answer)}`;
}

export { effect, effectUnit } from './binary';

/** The probability of each class as a bar, marked with the one before: a few in their order. */
export function bars(answer: Answer, before?: Answer): Bar[] {
  const { predicted, probabilities } = classOf(answer);
  const entries = Object.entries(probabilities);
  if (entries.length > FEW) entries.sort(([, one], [, other]) => other - one);
  return entries.map(([key, probability]) => ({
    key,
    title: labelOf(key),
    value: probability,
    mark: before ? (classOf(before).probabilities[key] ?? null) : null,
    chosen: key === String(predicted),
  }));
}

export function fileTile(target: string, sums: Record<string, number>, predicted: number): Tile {
  const ranked = Object.entries(sums).sort(([, one], [, other]) => other - one);
  const [first, ...others] = ranked;
  if (!first) return { label: target, value: '–', note: '' };
  const rest = others.slice(0, 2).map(([key, rows]) => `${labelOf(key)} ${whole(rows)}`);
  return {
    label: `${target}: ${labelOf(first[0])}`,
    value: whole(first[1]),
    note: [`${percent(first[1] / predicted)} of the predicted rows`, ...rest].join('; '),
  };
}

export const modelTiles = {
  metric: (model: Model): Tile => ({
    label: 'Accuracy',
    value: percent(model.metrics?.['accuracy']),
    note: `log loss ${figure(model.metrics?.['loss'])} on the holdout`,
  }),
  target: (model: Model): Tile => {
    const highest = Math.max(...model.baseline);
    const most = model.target.classes[model.baseline.indexOf(highest)];
    return {
      label: `${model.target.title}: ${most?.label ?? ''}`,
      value: percent(highest),
      note: `the most frequent of ${model.baseline.length} classes`,
    };
  },
};

export function reportTiles(report: Report): Tile[] {
  const predictions = report.figures?.predictions;
  const earlier = predictions?.earlier_mean;
  return [
    {
      label: 'Mean confidence',
      value: percent(predictions?.mean),
      note: earlier == null ? '' : `${percent(earlier)} in earlier weeks`,
    },
    ...lastWeekTiles(report, metric.title),
  ];
}

export const metric = { title: 'Log loss', ...loss };

export const furtherMetrics: Record<string, (week: WeekScore) => string> = {
  Accuracy: (week) => percent(week.metrics?.['accuracy']),
  'Macro F1': (week) => figure(week.metrics?.['macro_f1'], 3),
  Skill: (week) => percent(week.skill),
};
