// Where in the page we are: the fragment, which never reaches the server.

export type Route = { view: 'overview' } | { view: 'find'; q: string } | { view: 'person'; id: string } | { view: 'live' } | { view: 'review' };

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const [, view, id] = path.split('/');
  if (view === 'person' && /^[0-9a-f-]{32,36}$/i.test(id ?? '')) return { view, id: (id ?? '').replace(/-/g, '') };
  if (view === 'find') return { view, q: new URLSearchParams(query).get('q') ?? '' };
  if (view === 'live' || view === 'review') return { view };
  return { view: 'overview' };
}

export function hashOf(route: Route): string {
  if (route.view === 'person') return `#/person/${route.id}`;
  if (route.view === 'find' && route.q) return `#/find?${new URLSearchParams({ q: route.q })}`;
  return route.view === 'overview' ? '#/' : `#/${route.view}`;
}

// "#token=SECRET", or "#token=SECRET&at=/live": the token, and the address that stays in the bar without it.
export function tokenOf(hash: string): { token: string; rest: string } | null {
  if (!hash.startsWith('#token=')) return null;
  const [secret = '', at = ''] = hash.slice('#token='.length).split('&at=', 2);
  let token = secret;
  try {
    token = decodeURIComponent(secret);
  } catch {
    // A stray percent sign: the token is taken as it stands.
  }
  return { token: token.trim(), rest: `#${at || '/'}` };
}
