/** Predictions of yes or no: a probability, and a decision from a threshold. */

import type { Explanation, Model, Report, RowPrediction, WeekScore } from '$lib/api/types';
import { figure, percent, signed, whole } from '$lib/format';
import type { Bar } from '$lib/charts/Bars.svelte';
import type { Tile } from '$lib/ui/Tiles.svelte';
import { lastWeekTiles, loss } from './loss';
import { chanceOf, truthOf } from './target.svelte';
import type { Levels } from './types';

type Answer = RowPrediction | Explanation;
interface YesOrNo {
  probability: number;
  decision: boolean;
}

/** The fields of an answer of yes or no. */
export function yesOrNo(answer: Answer): YesOrNo {
  if (!('decision' in answer)) throw new TypeError('This is not an answer of yes or no.');
  return answer;
}

/** The heading of a prediction's value. */
export const VALUE = 'Probability';

/** What a downloaded file adds to each row before its warnings and errors. */
export const COLUMNS = ['probability', 'decision'];

/** The cells of those columns. */
export function cells(answer: Answer): string[] {
  const { probability, decision } = yesOrNo(answer);
  return [String(probability), String(decision)];
}

export function ofCells([probability, decided]: string[]): RowPrediction {
  const answer = { probability: Number(probability), decision: decided === 'true' };
  return { index: 0, warnings: [], ...answer };
}

export const level = (answer: Answer): number => yesOrNo(answer).probability;

/** Decisions. */
export const group = (answer: Answer): string => decision(answer);

/** How many rows have which probability. */
export function spread(levels: Levels): Bar[] {
  const edges = Array.from({ length: 11 }, (_, at) => at / 10);
  return levels.histogram(edges).map((rows, at) => ({
    key: String(at),
    title: `${at * 10}% to ${(at + 1) * 10}%`,
    value: rows,
  }));
}

/** A prediction's value in short. */
export function value(answer: Answer): string {
  return percent(yesOrNo(answer).probability);
}

/** The decision that follows from the value. */
export function decision(answer: Answer): string {
  return truthOf(yesOrNo(answer).decision);
}

/** A prediction in short that is complete by itself. */
export const inShort = value;

/** The rows of a file whose decision is yes are counted. */
export function counted(answer: Answer): Record<string, number> {
  return { yes: yesOrNo(answer).decision ? 1 : 0 };
}

/** How far a prediction lies from the one before. */
export function difference(before: Answer, now: Answer): number {
  return yesOrNo(now).probability - yesOrNo(before).probability;
}

/** A difference between two probabilities, in percentage points. */
export function differenceText(difference: number): string {
  const points = Math.round(difference * 1000) / 10;
  if (points === 0) return 'no change';
  const unit = Math.abs(points) === 1 ? 'point' : 'points';
  return `${points > 0 ? '+' : '−'}${Math.abs(points)} ${unit}`;
}

/** A prediction in words that need no statistics. */
export function inWords({ probability }: Pick<YesOrNo, 'probability'>): string {
  if (probability < 0.005) return 'Fewer than 1 in 100';
  if (probability > 0.995) return 'More than 99 in 100';
  if (probability < 0.095 || probability > 0.905) {
    return `About ${Math.round(probability * 100)} in 100`;
  }
  return `About ${Math.round(probability * 10)} in 10`;
}

/** The whole prediction as words, such as `41% chance of being late`. */
export function inFull(answer: Answer): string {
  return `${value(answer)} ${chanceOf()}`;
}

/** What the model predicts before it looks at a row's values. */
export function start(answer: Explanation): string {
  return `${percent(answer.start)} ${chanceOf()}`;
}

/** What a value adds to the probability, in percentage points. */
export function effect(value: number): string {
  return signed(value * 100, 1);
}

/** The unit of such effects, for people. */
export const effectUnit = () => 'percentage points';

/** The tile of a predicted file that sums up its predictions. */
export function fileTile(target: string, sums: Record<string, number>, predicted: number): Tile {
  const positive = sums['yes'] ?? 0;
  const note = predicted ? `${percent(positive / predicted)} of the predicted rows` : '';
  return { label: `${target}: ${truthOf(true)}`, value: whole(positive), note };
}

/** The tiles of the model that depend on the kind of prediction. */
export const modelTiles = {
  metric: (model: Model): Tile => ({
    label: 'Log loss',
    value: figure(model.metrics?.['loss']),
    note: 'on the holdout',
  }),
  target: (model: Model): Tile => ({
    label: `${model.target.title}: ${truthOf(true)}`,
    value: percent(model.baseline[0]),
    note: `threshold ${percent(model.threshold)}`,
  }),
};

/** The tiles of a weekly report that depend on the kind of prediction. */
export function reportTiles(report: Report): Tile[] {
  const predictions = report.figures?.predictions;
  const earlier = predictions?.earlier_mean;
  return [
    {
      label: 'Mean probability',
      value: percent(predictions?.mean),
      note: earlier == null ? '' : `${percent(earlier)} in earlier weeks`,
    },
    ...lastWeekTiles(report, metric.title),
  ];
}

/** The metric that past weeks are compared by. */
export const metric = { title: 'Log loss', ...loss };

/** Further metrics of a past week, by heading. */
export const furtherMetrics: Record<string, (week: WeekScore) => string> = {
  AUC: (week) => figure(week.metrics?.['roc_auc'], 3),
  Skill: (week) => percent(week.skill),
};
