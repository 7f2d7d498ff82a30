// Where in the page we are: the fragment, which never reaches the server.
import type { AudienceKind } from './api';

export type Route =
  | { view: 'overview' | 'live' | 'review' | 'reach' | 'operations' }
  | { view: 'find'; q: string }
  | { view: 'person'; id: string }
  | { view: 'order'; shop: string; number: string }
  | { view: 'things'; kind: string } // empty: the list of kinds
  | { view: 'questions'; kind: string } // empty: the first kind
  | { view: 'thing'; kind: string; ns: string; id: string }
  | { view: 'audience' | 'build'; kind: AudienceKind; name: string } // empty: the list, or a new one
  | { view: 'predictions'; name: string } // empty: the list
  | { view: 'books'; month: string; shop: string; day: string }; // "2026-11", and which day of which shop is open; empty: none

const PLAIN = ['live', 'review', 'reach', 'operations'] as const;

// A stray percent sign makes no address.
function parts(path: string): string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return [];
  }
}

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const [view, a = '', b = ''] = parts(path);
  const asked = new URLSearchParams(query);
  if (view === 'person' && /^[0-9a-f-]{32,36}$/i.test(a)) return { view, id: a.replace(/-/g, '') };
  if (view === 'find') return { view, q: asked.get('q') ?? '' };
  if (view === 'order' && a && b) return { view, shop: a, number: b };
  if (view === 'things' || view === 'questions') return { view, kind: a };
  if (view === 'thing' && a && b) return { view, kind: a, id: b, ns: asked.get('ns') ?? '' };
  if (view === 'predictions') return { view, name: a };
  if (view === 'books') return { view, month: a, shop: b, day: asked.get('day') ?? '' };
  if (view === 'audience' || view === 'build') return { view, kind: a === 'tag' ? 'tag' : 'segment', name: b };
  const plain = PLAIN.find((v) => v === view);
  return { view: plain ?? 'overview' };
}

export function hashOf(route: Route): string {
  const path = (view: string, ...rest: string[]) => `#/${[view, ...rest.filter((r) => r !== '').map(encodeURIComponent)].join('/')}`;
  const asking = (name: string, value: string) => (value ? `?${new URLSearchParams({ [name]: value })}` : '');
  switch (route.view) {
    case 'overview': return '#/';
    case 'person': return path('person', route.id);
    case 'find': return path('find') + asking('q', route.q);
    case 'order': return path('order', route.shop, route.number);
    case 'things': case 'questions': return path(route.view, route.kind);
    case 'thing': return path('thing', route.kind, route.id) + asking('ns', route.ns);
    case 'audience': case 'build': return path(route.view, route.kind, route.name);
    case 'predictions': return path('predictions', route.name);
    case 'books': return path('books', route.month, route.shop) + asking('day', route.day);
    default: return path(route.view);
  }
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
