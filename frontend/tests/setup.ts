import '@testing-library/svelte/vitest';
import { vi } from 'vitest';

// happy-dom has no layout, and this belongs to it.
Element.prototype.scrollIntoView = vi.fn();
