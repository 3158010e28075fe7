import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Model } from '$lib/api/types';
import { NO_TARGET } from '../../../tests/golden';
import { follow } from './current.svelte';
import {
  bars,
  cells,
  decision,
  difference,
  differenceText,
  fileTile,
  inShort,
  modelTiles,
} from './multiclass';

const classes = [
  { value: 'none', label: 'No fault' },
  { value: 'a "door"', label: 'Door' },
];
const answer = {
  index: 0,
  warnings: [],
  predicted: 'a "door"',
  probability: 0.75,
  probabilities: { none: 0.25, 'a "door"': 0.75 },
};
const before = {
  ...answer,
  predicted: 'none',
  probability: 0.6,
  probabilities: { none: 0.6, 'a "door"': 0.4 },
};

describe('a class', () => {
  beforeEach(() => follow('multiclass', { ...NO_TARGET, classes }));
  afterEach(() => follow('binary', NO_TARGET));

  it('is named by its label, and by its value in a file', () => {
    expect(decision(answer)).toBe('Door');
    expect(inShort(answer)).toBe('Door, 75%');
    expect(cells(answer)).toEqual(['a "door"', '0.75', '{"none":0.25,"a \\"door\\"":0.75}']);
  });

  it('moves by the points of the class that is predicted now', () => {
    expect(difference(before, answer)).toBeCloseTo(0.35);
    expect(differenceText(0.35, answer)).toBe('+35 points for Door');
  });

  it('has a bar for each class in the contract’s order, with a mark where it was', () => {
    expect(bars(answer, before)).toEqual([
      { key: 'none', title: 'No fault', value: 0.25, mark: 0.6, chosen: false },
      { key: 'a "door"', title: 'Door', value: 0.75, mark: 0.4, chosen: true },
    ]);
    expect(bars(answer).map((bar) => bar.mark)).toEqual([null, null]);
  });

  it('among many is first where it is likely', () => {
    const many = Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`c${at}`, at / 78]));
    const [first] = bars({
      ...answer,
      predicted: 'c12',
      probability: 12 / 78,
      probabilities: many,
    });
    expect(first).toMatchObject({ key: 'c12', chosen: true });
  });

  it('is counted in a file', () => {
    expect(fileTile('Fault', { none: 1, 'a "door"': 3 }, 4)).toEqual({
      label: 'Fault: Door',
      value: '3',
      note: '75% of the predicted rows; No fault 1',
    });
    expect(fileTile('Fault', {}, 0).value).toBe('–');
  });

  it('that was most frequent in training is the model’s baseline', () => {
    const model = { baseline: [0.2, 0.8], target: { title: 'Fault', classes } } as unknown as Model;
    expect(modelTiles.target(model)).toEqual({
      label: 'Fault: Door',
      value: '80%',
      note: 'the most frequent of 2 classes',
    });
  });
});
