import { vi } from 'vitest';

// happy-dom has no layout, and these belong to it.
Element.prototype.scrollIntoView = vi.fn();
