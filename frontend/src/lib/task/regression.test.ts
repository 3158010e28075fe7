import { afterEach, describe, expect, it } from 'vitest';
import { follow, task } from './current.svelte';
import type { Explanation } from '$lib/api/types';
import { NO_TARGET } from '../../../tests/golden';
import { cells, decision, differenceText, effect, effectUnit, start, value } from './regression';

const answer = { index: 0, warnings: [], prediction: 12.345, low: 10, high: null };

describe('a number', () => {
  afterEach(() => follow('binary', NO_TARGET));

  it('is written with its interval, as far as that is known', () => {
    expect(value(answer)).toBe('12.35');
    expect(decision({ ...answer, high: 15.5 })).toBe('10 to 15.5');
    expect(decision(answer)).toBe('');
    expect(cells(answer)).toEqual(['12.345', '10', '']);
  });

  it.each([
    [2.5, '+2.5'],
    [-0.25, '−0.25'],
    [0, 'no change'],
  ])('moved by %s reads %s', (difference, text) => {
    expect(differenceText(difference)).toBe(text);
  });

  it('has its unit wherever it is written', () => {
    follow('regression', { ...NO_TARGET, unit: 'min' });
    expect(value(answer)).toBe('12.35 min');
    expect(decision({ ...answer, high: 15.5 })).toBe('10 to 15.5 min');
    expect(differenceText(-0.25)).toBe('−0.25 min');
    expect(start({ start: 20 } as Explanation)).toBe('20 min');
    expect(effect(1234.5)).toBe('+1,235');
    expect(effectUnit()).toBe('min');
  });

  it('gives the words once the model in service predicts numbers', () => {
    expect(task.COLUMNS).toEqual(['probability', 'decision']);
    follow('regression', { ...NO_TARGET, unit: 'min' });
    expect(task.COLUMNS).toEqual(['prediction', 'low', 'high']);
  });

  it('keeps to the words it has if a model predicts what the app does not know', () => {
    follow('ranking', NO_TARGET);
    expect(task.VALUE).toBe('Probability');
  });
});
