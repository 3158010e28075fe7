/** What the service answers. Columns are known by their schema only, never by name. */

import type { components } from './schema';

type Schemas = components['schemas'];

export type Scalar = string | number | boolean | null;

/** One row as the service takes it: values by column. */
export type Row = Record<string, Scalar>;

export type FieldProblem = Schemas['FieldError'];
export type BinaryExplanation = Schemas['BinaryExplanation'];
export type NumberExplanation = Schemas['RegressionExplanation'];
export type ClassExplanation = Schemas['MulticlassExplanation'];
export type Explanation = BinaryExplanation | ClassExplanation | NumberExplanation;
export type RowPrediction =
  | Schemas['BinaryBatchPrediction']
  | Schemas['MulticlassBatchPrediction']
  | Schemas['RegressionBatchPrediction'];
export type BatchResult = RowPrediction | Schemas['BatchRefusal'];
export type BatchAnswer =
  | Schemas['BinaryBatchAnswer']
  | Schemas['MulticlassBatchAnswer']
  | Schemas['RegressionBatchAnswer'];
export type Target = Schemas['TargetFacts'];
export type Model = Schemas['ModelFacts'];
export type ChampionChange = Schemas['ChampionChange'];
export type Shadow = Schemas['ShadowFacts'];
export type ReportLine = Schemas['ReportSummary'];
export type Status = ReportLine['status'];

/** The part of JSON Schema that describes one value. */
export interface Property {
  title?: string;
  description?: string;
  type?: string | string[];
  format?: string;
  enum?: Scalar[];
  const?: Scalar;
  anyOf?: Property[];
  $ref?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  formatMinimum?: string;
  formatMaximum?: string;
  labels?: Record<string, string>;
  unit?: string;
  'x-lookup'?: { by: string[]; rows: Scalar[][] };
  'x-synonyms'?: Record<string, string[]>;
  'x-looked-up-as-of'?: string;
  'x-typical'?: Scalar;
}

/** A feature that the service computes from a row's values. */
export interface Computed {
  name: string;
  title: string;
  description: string;
  unit: string | null;
  /** The expression, in SQL. */
  from: string;
  /** The columns that it follows from. */
  takes: string[];
}

/** JSON Schema of a row. */
export interface RowSchema {
  title?: string;
  description?: string;
  properties: Record<string, Property>;
  required?: string[];
  examples?: Row[];
  $defs?: Record<string, Property>;
  'x-computed'?: Computed[];
  'x-table'?: string;
  'x-order'?: string[];
  'x-model-version'?: string;
  'x-contract-hash'?: string;
}

export interface WeekScore {
  as_of: string;
  model_version: string;
  rows: number;
  rows_with_outcome?: number;
  expected_loss?: number | null;
  loss?: number | null;
  baseline_loss?: number | null;
  skill?: number | null;
  expected_skill?: number | null;
  metrics?: Record<string, number>;
  worse?: boolean;
}

export interface FeatureDrift {
  column: string;
  title: string;
  psi: number | null;
  usual: number | null;
  /** Whether the drift is major and beyond that of every past week. */
  unusual: boolean;
  direction: string;
}

export interface Finding {
  status: Status;
  topic: string;
  reason: string;
  next_step: string;
}

/** A weekly report, the parts that the app shows. */
export interface Report {
  as_of: string;
  status: Status;
  headline: string;
  next_steps?: string[];
  findings?: Finding[];
  figures?: {
    end?: string;
    performance?: { weeks?: WeekScore[] };
    predictions?: {
      rows: number;
      model_version?: string;
      mean?: number | null;
      earlier_mean?: number | null;
      summary?: string;
    };
    features?: { drift?: FeatureDrift[] };
  };
}
