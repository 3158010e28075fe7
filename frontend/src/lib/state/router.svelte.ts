/** Which page is open. The route is the address's hash, so it never reaches a server. */

export const PAGES = ['predict', 'batch', 'model'] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  page: Page;
  query: URLSearchParams;
}

/** Read a hash such as `#/model?report=2024-07-15`; an unknown page is the first one. */
export function parseHash(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const page = PAGES.find((name) => name === path) ?? PAGES[0];
  return { page, query: new URLSearchParams(query) };
}

export function toHash(page: Page, query?: URLSearchParams): string {
  const text = query?.toString() ?? '';
  return `#/${page}${text ? `?${text}` : ''}`;
}

class Router {
  #route = $state.raw<Route>(parseHash(location.hash));

  get page(): Page {
    return this.#route.page;
  }

  get query(): URLSearchParams {
    return this.#route.query;
  }

  /** Follow the address from now on; gives back what stops it. */
  follow(): () => void {
    const read = (): void => {
      this.#route = parseHash(location.hash);
    };
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }
}

export const router = new Router();
