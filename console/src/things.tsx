// What isn't a person: kinds, the things of one kind, and one of them with its history, what it is part of, and its parts.
import { useEffect, useState } from 'react';
import { Trouble, type Kind, type KindList, type RelatedList, type Since, type Thing, type ThingBrief, type ThingList } from './api';
import { useAsk, useKith } from './context';
import { day, plain } from './format';
import { Loading, Moment, Notice, Section, Table, ThingLink, TroubleNotice } from './parts';
import { RelatedOf } from './relations';
import { hashOf } from './route';

const PAGE = 50;
const PEOPLE = 50;

function useKindWords() {
  const { lang } = useKith();
  return (k: Kind) => (lang === 'zh' ? k.label_zh : k.label_en) ?? k.name;
}

export function ThingsPage({ kind }: { kind: string }) {
  const { t } = useKith();
  const words = useKindWords();
  const { data, trouble, again } = useAsk<KindList>('kinds');
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  if (!data) return <Loading />;
  const found = data.kinds.find((k) => k.name === kind);
  return (
    <>
      <h1>{found ? words(found) : t('things')}</h1>
      <nav className="kinds" aria-label={t('kinds')}>
        {data.kinds.map((k) => <a key={k.name} href={hashOf({ view: 'things', kind: k.name })} aria-current={k.name === kind ? 'page' : undefined}>{words(k)}</a>)}
      </nav>
      {found ? <ThingsOf key={found.name} kind={found} /> : <Everywhere />}
    </>
  );
}

// By the beginning of a name, of whatever kind.
function Everywhere() {
  const { t } = useKith();
  const [text, setText] = useState('');
  const [q, setQ] = useState('');
  return (
    <Section title={t('find_things')}>
      <div className="asks"><NameForm text={text} setText={setText} look={() => setQ(text.trim())} /></div>
      {q ? <Listed key={q} path={`things?${new URLSearchParams({ q, limit: String(PAGE) })}`} /> : <p className="muted">{t('choose_kind')}</p>}
    </Section>
  );
}

function NameForm({ text, setText, look }: { text: string; setText: (text: string) => void; look: () => void }) {
  const { t } = useKith();
  return (
    <form onSubmit={(e) => { e.preventDefault(); look(); }}>
      <label>{t('thing_name')} <input value={text} onChange={(e) => setText(e.target.value)} placeholder={t('name_hint')} autoComplete="off" spellCheck={false} /></label>
      <button type="submit">{t('look')}</button>
    </form>
  );
}

function ThingsOf({ kind }: { kind: Kind }) {
  const { t, lang } = useKith();
  const indexed = kind.attributes.filter((a) => a.indexed);
  const [attribute, setAttribute] = useState(indexed[0]?.name ?? '');
  const [text, setText] = useState('');
  const [value, setValue] = useState('');
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const [q, setQ] = useState('');
  const wanted = new URLSearchParams({ limit: String(PAGE), ...(q ? { q } : value ? { attribute, value } : {}) });
  const go = () => {
    location.hash = hashOf({ view: 'thing', kind: kind.name, ns: '', id: id.trim() });
  };
  return (
    <Section title={t('find_things')}>
      <div className="asks">
        <NameForm text={name} setText={setName} look={() => setQ(name.trim())} />
        <form onSubmit={(e) => { e.preventDefault(); if (id.trim()) go(); }}>
          <label>{t('thing_id')} <input value={id} onChange={(e) => setId(e.target.value)} autoComplete="off" spellCheck={false} /></label>
          <button type="submit">{t('open_it')}</button>
        </form>
        {indexed.length > 0 && (
          <form onSubmit={(e) => { e.preventDefault(); setQ(''); setValue(text.trim()); }}>
            <select aria-label={t('attributes')} value={attribute} onChange={(e) => setAttribute(e.target.value)}>
              {indexed.map((a) => <option key={a.name} value={a.name}>{(lang === 'zh' ? a.label_zh : a.label_en) ?? a.name}</option>)}
            </select>
            <input value={text} onChange={(e) => setText(e.target.value)} aria-label={t('value')} autoComplete="off" spellCheck={false} />
            <button type="submit">{t('look')}</button>
          </form>
        )}
      </div>
      <Listed key={wanted.toString()} path={`things/${encodeURIComponent(kind.name)}?${wanted}`} />
    </Section>
  );
}

// A list that goes on.
function Listed({ path }: { path: string }) {
  const { t, api } = useKith();
  const { data, trouble, again } = useAsk<ThingList>(path);
  const [more, setMore] = useState<ThingBrief[]>([]);
  const [next, setNext] = useState<number | null>(null);
  const [lost, setLost] = useState<Trouble | null>(null);
  useEffect(() => {
    setMore([]);
    setNext(data?.next ?? null);
  }, [data]);
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  if (!data) return <Loading />;
  const list = [...data.things, ...more];
  const ask = async () => {
    try {
      const got = await api.get<ThingList>(`${path}&after=${next ?? ''}`);
      setMore((m) => [...m, ...got.things]);
      setNext(got.next);
      setLost(null);
    } catch (e) {
      setLost(e instanceof Trouble ? e : new Trouble(0, '', ''));
    }
  };
  if (list.length === 0) return <p className="muted">{t('no_things')}</p>;
  return (
    <>
      <ThingTable list={list} />
      {lost && <TroubleNotice trouble={lost} again={ask} />}
      {next !== null && !lost && <button className="quiet" onClick={ask}>{t('more')}</button>}
    </>
  );
}

function ThingTable({ list }: { list: readonly ThingBrief[] }) {
  const { t, term } = useKith();
  return (
    <Table label={t('things')} heads={[t('thing_name'), t('kind'), t('thing_id'), t('part_of')]}>
      {list.map((x) => (
        <tr key={`${x.kind}/${x.ns}/${x.id}`}>
          <td><ThingLink thing={x} name={x.name ?? <em>{x.id}</em>} /></td>
          <td>{term('kind', x.kind)}</td>
          <td>{x.ns && <><code>{x.ns}</code> </>}<code>{x.id}</code></td>
          <td>{x.parent && <><ThingLink thing={x.parent} /> <small>{term('kind', x.parent.kind)}</small></>}</td>
        </tr>
      ))}
    </Table>
  );
}

// --- one thing ---

function pathOf(kind: string, id: string): string {
  return `things/${encodeURIComponent(kind)}/${id.split('/').map(encodeURIComponent).join('/')}`;
}

export function ThingPage({ kind, ns, id }: { kind: string; ns: string; id: string }) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<Thing>(`${pathOf(kind, id)}?${new URLSearchParams({ history: '1', ...(ns ? { ns } : {}) })}`);
  const kinds = useAsk<KindList>('kinds');
  if (trouble?.status === 404) return <Notice title={t('no_such_thing')} about={<a href={hashOf({ view: 'things', kind })}>{t('things')}</a>} />;
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  if (!data) return <Loading />;
  return (
    <>
      <ThingCard thing={data} />
      {kinds.data && <Below thing={data} kinds={kinds.data.kinds} />}
      <PeopleOf thing={data} />
    </>
  );
}

export function ThingCard({ thing }: { thing: Thing }) {
  const { t, lang, term } = useKith();
  const name = thing.attributes.find((a) => a.name === 'name')?.value;
  const kind = (lang === 'zh' ? thing.kind_zh : thing.kind_en) ?? thing.kind;
  return (
    <>
      <p className="path">
        <a href={hashOf({ view: 'things', kind: '' })}>{t('things')}</a>
        {[...thing.path].reverse().map((p) => <span key={`${p.kind}/${p.ns}/${p.id}`}> › <ThingLink thing={p} name={p.name ?? p.id} /></span>)}
      </p>
      <div className="who">
        <h1>{typeof name === 'string' ? name : thing.id}</h1>
        <span className="tag">{kind}</span>
        {!thing.exists && <span className="tag bad">{t('over')}</span>}
        <span className="muted"><code>{thing.ns && `${thing.ns}/`}{thing.id}</code> · {t('since')} <Moment time={thing.since} /></span>
      </div>
      <Section title={t('attributes')}>
        {thing.attributes.length === 0 && <p className="muted">{t('no_attributes')}</p>}
        <dl className="traits">
          {thing.attributes.map((a) => (
            <div key={a.name}>
              <dt>{a[lang] ?? a.name}</dt>
              <dd>{plain(a.value, lang)} <small>{day(a.since)}</small><Past list={a.history ?? []} show={(v) => plain(v, lang)} /></dd>
            </div>
          ))}
        </dl>
        <Past list={thing.parents ?? []} title={t('part_of')} show={(v) => refWords(v, term)} />
        <Past list={thing.existence ?? []} title={t('existence')} show={(v) => (v === true ? t('there') : t('over'))} />
      </Section>
    </>
  );
}

function refWords(value: unknown, term: (kind: string, name: string) => string): string {
  const ref = value as { kind?: string; id?: string } | null;
  return ref?.kind && ref.id ? `${term('kind', ref.kind)} ${ref.id}` : '—';
}

// What it was before; one value alone has no past.
function Past({ list, show, title }: { list: readonly Since[]; show: (value: unknown) => string; title?: string }) {
  const { t } = useKith();
  if (list.length < 2) return null;
  return (
    <details>
      <summary>{title ?? t('earlier')} ({list.length})</summary>
      <ul>{list.map((h, i) => <li key={i}><Moment time={h.time} /> {show(h.value)}</li>)}</ul>
    </details>
  );
}

// The kinds whose things may be parts of this one; each is asked for when it is opened.
function Below({ thing, kinds }: { thing: Thing; kinds: readonly Kind[] }) {
  const { t } = useKith();
  const words = useKindWords();
  const below = kinds.filter((k) => k.parents?.includes(thing.kind));
  if (below.length === 0) return null;
  const under = new URLSearchParams({ limit: String(PAGE), under: `${thing.kind}/${thing.id}`, ...(thing.ns ? { ns: thing.ns } : {}) });
  return (
    <Section title={t('parts_below')}>
      {below.map((k) => <Branch key={k.name} title={words(k)} path={`things/${encodeURIComponent(k.name)}?${under}`} />)}
    </Section>
  );
}

function Branch({ title, path }: { title: string; path: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{title}</summary>
      {open && <Listed path={path} />}
    </details>
  );
}

// 400: relations don't lead to things of this kind.
function PeopleOf({ thing }: { thing: Thing }) {
  const { t, lang } = useKith();
  const { data, trouble, again } = useAsk<RelatedList>(`${pathOf(thing.kind, thing.id)}/people?${new URLSearchParams({ limit: String(PEOPLE), ...(thing.ns ? { ns: thing.ns } : {}) })}`);
  if (trouble?.status === 400) return null;
  return (
    <Section title={data?.[lang] ?? t('people')} aside={<span className="muted">{t('find_audit')}</span>}>
      {trouble && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && <RelatedOf list={data.people} />}
      {data?.next && <p className="muted">{t('and_more')}</p>}
    </Section>
  );
}
