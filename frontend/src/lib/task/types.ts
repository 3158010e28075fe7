/** What the app must know of each kind of prediction. */

import type { Explanation, Model, Report, RowPrediction, WeekScore } from '$lib/api/types';
import type { Bar } from '$lib/charts/Bars.svelte';
import type { Tile } from '$lib/ui/Tiles.svelte';

type Answer = RowPrediction | Explanation;

/** The predictions of a file as numbers. */
export interface Levels {
  /** How many lie in each of some bins. */
  histogram(edges: number[]): number[];
  /** The smallest and the largest; nothing where there is none. */
  range(): [number, number] | null;
}

export interface Task {
  /** The heading of a prediction's value. */
  VALUE: string;
  /** What a downloaded file adds to each row before its warnings and errors. */
  COLUMNS: string[];
  /** The cells of those columns. */
  cells(answer: Answer): string[];
  /** A prediction's value in short. */
  value(answer: Answer): string;
  /** What follows from the value. */
  decision(answer: Answer): string;
  /** An answer from the cells of those columns. */
  ofCells(cells: string[]): RowPrediction;
  /** One number that rows are sorted by. */
  level(answer: Answer): number;
  /** What rows can be filtered by, such as a class; nothing where predictions are numbers. */
  group(answer: Answer): string | null;
  /** How the predictions of a file are spread. */
  spread(levels: Levels, sums: Record<string, number>): Bar[];
  /** A prediction in short that is complete by itself. */
  inShort(answer: Answer): string;
  /** The same in the contract's words. */
  inFull(answer: Answer): string;
  /** Numbers to sum up over the rows of a file, by name. */
  counted(answer: Answer): Record<string, number>;
  /** How far a prediction lies from the one before. */
  difference(before: Answer, now: Answer): number;
  differenceText(difference: number, now: Answer): string;
  /** What the model predicts before it looks at a row's values. */
  start(answer: Explanation): string;
  /** What a value adds to the prediction, and in which unit. */
  effect(value: number): string;
  effectUnit(): string;
  /** The tile of a predicted file that sums up its predictions. */
  fileTile(target: string, sums: Record<string, number>, predicted: number): Tile;
  /** The tiles of the model that depend on the kind of prediction. */
  modelTiles: { metric(model: Model): Tile; target(model: Model): Tile };
  /** The tiles of a weekly report that depend on the kind of prediction. */
  reportTiles(report: Report): Tile[];
  /** The metric that past weeks are compared by. */
  metric: {
    title: string;
    better: string;
    realized(week: WeekScore): number | null;
    expected(week: WeekScore): number | null;
    baseline(week: WeekScore): number | null;
  };
  /** Further metrics of a past week, by heading. */
  furtherMetrics: Record<string, (week: WeekScore) => string>;
}
