// The frame: who may look, in which language, at which view.
import { useEffect, useMemo, useRef, useState, type FormEvent } from 'react';
import { Api } from './api';
import { AudiencePage } from './audience';
import { QuestionsPage } from './ask';
import { BooksPage } from './books';
import { BuildPage } from './build';
import { KithContext, useKith, useLabels } from './context';
import { Find } from './find';
import { Live } from './live';
import { OperationsPage } from './operations';
import { OrderPage } from './orders';
import { Overview } from './overview';
import { PersonPage } from './person';
import { PredictionsPage } from './predictions';
import { ReachPage } from './reach';
import { ReviewPage } from './review';
import { hashOf, routeOf, tokenOf, type Route } from './route';
import { ThingPage, ThingsPage } from './things';
import { langOf, say, type Lang, type Word } from './words';

const TOKEN_KEY = 'kith.token';
const LANG_KEY = 'kith.lang';

// Before anything is drawn: a token in the fragment leaves the address bar, and stays in this tab.
function tokenTake(): string | null {
  const given = tokenOf(location.hash);
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, given.token);
    history.replaceState(null, '', given.rest);
  }
  return sessionStorage.getItem(TOKEN_KEY) || null;
}

export function App() {
  const [token, setToken] = useState(tokenTake);
  const [refused, setRefused] = useState(false);
  const [lang, setLang] = useState<Lang>(() => langOf(localStorage.getItem(LANG_KEY), navigator.languages));
  const [route, setRoute] = useState(() => routeOf(location.hash));

  useEffect(() => {
    const moved = () => {
      setToken(tokenTake());
      setRoute(routeOf(location.hash));
    };
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  useEffect(() => {
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  }, [lang]);

  const leave = (was_refused: boolean) => {
    sessionStorage.removeItem(TOKEN_KEY);
    setRefused(was_refused);
    setToken(null);
  };
  const enter = (given: string) => {
    sessionStorage.setItem(TOKEN_KEY, given);
    setRefused(false);
    setToken(given);
  };
  const swap = () => {
    const other = lang === 'zh' ? 'en' : 'zh';
    localStorage.setItem(LANG_KEY, other);
    setLang(other);
  };
  if (!token) return <Gate lang={lang} refused={refused} enter={enter} swap={swap} />;
  return <Sitting key={token} token={token} lang={lang} route={route} swap={swap} leave={leave} />;
}

// All that was read with one token goes when another one takes its place.
function Sitting({ token, lang, route, swap, leave }: { token: string; lang: Lang; route: Route; swap: () => void; leave: (was_refused: boolean) => void }) {
  const api = useMemo(() => new Api(token, () => leave(true)), [token]);
  const labels = useLabels(api);
  const kith = useMemo(() => ({ api, lang, labels }), [api, lang, labels]);
  return (
    <KithContext.Provider value={kith}>
      <Frame route={route} swap={swap} leave={() => leave(false)} />
    </KithContext.Provider>
  );
}

function Gate({ lang, refused, enter, swap }: { lang: Lang; refused: boolean; enter: (token: string) => void; swap: () => void }) {
  const [text, setText] = useState('');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (text.trim()) enter(text.trim());
  };
  return (
    <main className="gate">
      <h1>Kith 知己</h1>
      <form className="card" onSubmit={submit}>
        <h2>{say('token_title', lang)}</h2>
        {refused && <p className="wrong" role="alert">{say('token_refused', lang)}</p>}
        <p className="muted">{say('token_about', lang)}</p>
        <label>
          {say('token_label', lang)}
          <input type="password" value={text} onChange={(e) => setText(e.target.value)} autoFocus autoComplete="off" spellCheck={false} />
        </label>
        <button type="submit" className="main">{say('token_open', lang)}</button>
      </form>
      <button className="quiet" onClick={swap}>{say('other_lang', lang)}</button>
    </main>
  );
}

const VIEWS: [Word, Route][] = [
  ['overview', { view: 'overview' }], ['find', { view: 'find', q: '' }], ['things', { view: 'things', kind: '' }],
  ['books', { view: 'books', month: '', shop: '', day: '' }], ['audience', { view: 'audience', kind: 'segment', name: '' }], ['questions', { view: 'questions', kind: '' }], ['reach', { view: 'reach' }], ['live', { view: 'live' }], ['review', { view: 'review' }],
  ['operations', { view: 'operations' }],
];

// Under which of the views that stand above something is found.
function homeOf(view: Route['view']): Route['view'] {
  if (view === 'person' || view === 'order') return 'find';
  if (view === 'build' || view === 'predictions') return 'audience';
  return view === 'thing' ? 'things' : view;
}

function View({ route }: { route: Route }) {
  switch (route.view) {
    case 'find': return <Find q={route.q} />;
    case 'person': return <PersonPage key={route.id} id={route.id} />;
    case 'order': return <OrderPage key={`${route.shop}/${route.number}`} shop={route.shop} number={route.number} />;
    case 'things': return <ThingsPage kind={route.kind} />;
    case 'thing': return <ThingPage key={`${route.kind}/${route.ns}/${route.id}`} kind={route.kind} ns={route.ns} id={route.id} />;
    case 'audience': return <AudiencePage key={`${route.kind}/${route.name}`} kind={route.kind} name={route.name} />;
    case 'build': return <BuildPage key={`${route.kind}/${route.name}`} kind={route.kind} name={route.name} />;
    case 'books': return <BooksPage month={route.month} shop={route.shop} day={route.day} />;
    case 'predictions': return <PredictionsPage key={route.name} name={route.name} />;
    case 'questions': return <QuestionsPage kind={route.kind} />;
    case 'reach': return <ReachPage />;
    case 'live': return <Live />;
    case 'review': return <ReviewPage />;
    case 'operations': return <OperationsPage />;
    default: return <Overview />;
  }
}

export function Frame({ route, swap, leave }: { route: Route; swap: () => void; leave: () => void }) {
  const { t } = useKith();
  const here = homeOf(route.view);
  return (
    <>
      <a className="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById('main')?.focus(); }}>{t('skip')}</a>
      <header className="top">
        <a className="brand" href="#/">Kith <span>知己</span></a>
        <nav aria-label={t('views')}>
          {VIEWS.map(([word, r]) => <a key={word} href={hashOf(r)} aria-current={r.view === here ? 'page' : undefined}>{t(word)}</a>)}
        </nav>
        <SearchBox q={route.view === 'find' ? route.q : ''} isHere={route.view === 'find'} />
        <button className="quiet" onClick={swap}>{t('other_lang')}</button>
        <button className="quiet" onClick={leave}>{t('leave')}</button>
      </header>
      <main id="main" tabIndex={-1}>
        <View route={route} />
      </main>
    </>
  );
}

function SearchBox({ q, isHere }: { q: string; isHere: boolean }) {
  const { t } = useKith();
  const [text, setText] = useState(q);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    if (isHere && q === '') box.current?.focus();
  }, [isHere, q]);
  useEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      const at = e.target as HTMLElement;
      if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
      e.preventDefault();
      box.current?.focus();
      box.current?.select();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    location.hash = hashOf({ view: 'find', q: text.trim() });
  };
  return (
    <form className="search" role="search" onSubmit={submit}>
      <input ref={box} type="search" value={text} onChange={(e) => setText(e.target.value)} aria-label={t('find_label')} placeholder={t('find_hint')} maxLength={128} autoComplete="off" spellCheck={false} />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
