/** Light or dark: the system's, unless the reader has chosen. */

export type Theme = 'light' | 'dark';

const KEY = 'weekwise-theme';

class Choice {
  #chosen = $state<Theme | null>(saved());
  #system = $state<Theme>('light');

  constructor() {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    this.#system = dark.matches ? 'dark' : 'light';
    dark.addEventListener('change', (event) => {
      this.#system = event.matches ? 'dark' : 'light';
    });
    this.#apply();
  }

  get current(): Theme {
    return this.#chosen ?? this.#system;
  }

  toggle(): void {
    const next = this.current === 'dark' ? 'light' : 'dark';
    // Back at the system's own, follow it again.
    this.#chosen = next === this.#system ? null : next;
    if (this.#chosen) localStorage.setItem(KEY, this.#chosen);
    else localStorage.removeItem(KEY);
    this.#apply();
  }

  #apply(): void {
    const root = document.documentElement;
    if (this.#chosen) root.dataset['theme'] = this.#chosen;
    else delete root.dataset['theme'];
  }
}

function saved(): Theme | null {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : null;
}

export const theme = new Choice();
