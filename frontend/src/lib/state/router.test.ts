import { describe, expect, it } from 'vitest';
import { parseHash, toHash } from './router.svelte';

describe('the address', () => {
  it.each([
    ['', 'predict'],
    ['#/', 'predict'],
    ['#/batch', 'batch'],
    ['#/model?report=2013-07-15', 'model'],
    ['#/nowhere', 'predict'],
  ])('opens %s as %s', (hash, page) => {
    expect(parseHash(hash).page).toBe(page);
  });

  it('carries a form through unharmed', () => {
    const query = new URLSearchParams({ 'wind speed': '3 & 4', dest: 'Zürich?#' });
    const back = parseHash(toHash('predict', query)).query;
    expect(Object.fromEntries(back)).toEqual({ 'wind speed': '3 & 4', dest: 'Zürich?#' });
  });
});
