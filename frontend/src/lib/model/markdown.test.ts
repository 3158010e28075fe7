import { expect, it } from 'vitest';
import { ticks, stretches } from '$lib/charts/ticks';
import { blocks } from './markdown';

it('reads a verdict: paragraphs, reasons, and figures side by side', () => {
  const text =
    '**Version 3 wins.** As of July.\n\n- one\n- two\n\n| | challenger |\n|---|---:|\n| rows | 12 |\n';
  expect(blocks(text)).toEqual([
    { kind: 'text', text: 'Version 3 wins. As of July.' },
    { kind: 'list', items: ['one', 'two'] },
    { kind: 'table', head: ['', 'challenger'], rows: [['rows', '12']] },
  ]);
});

it('covers a range with round numbers', () => {
  expect(ticks(0.53, 0.71)).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75]);
  expect(ticks(1, 1)).toEqual([1]);
});

it('leaves a gap where a value is missing', () => {
  expect(stretches([1, null, 2, 3]).map((one) => one.map((point) => point.at))).toEqual([
    [0],
    [2, 3],
  ]);
});
