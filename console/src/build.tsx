// A tag or segment made or changed: the expression is checked as it is typed, and saved over the revision that was read.
import { useEffect, useState, type FormEvent } from 'react';
import { troubleFrom, type AudienceKind, type Definition, type Trouble } from './api';
import { useAsk, useKith } from './context';
import { Loading, Notice, Section, TroubleNotice } from './parts';
import { hashOf } from './route';
import { faultOf, nameOf, pathOf, wordAt } from './survey';
import type { Word } from './words';

const CHECK_AFTER_MS = 300; // since the last key

interface Draft { name: string; label_zh: string; label_en: string; owner: string; category: string; description: string; text: string }

const EMPTY: Draft = { name: '', label_zh: '', label_en: '', owner: '', category: '', description: '', text: '' };

export function BuildPage({ kind, name }: { kind: AudienceKind; name: string }) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<Definition>(name ? pathOf(kind, name) : null);
  if (!name) return <Build kind={kind} of={null} />;
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  if (!data) return <Loading />;
  return data.text === null ? <Notice title={t('text_hidden')} /> : <Build kind={kind} of={data} />;
}

function draftOf(d: Definition | null): Draft {
  if (!d) return EMPTY;
  return { name: d.name, label_zh: d.label_zh ?? '', label_en: d.label_en ?? '', owner: d.owner ?? '', category: d.category ?? '', description: d.description ?? '', text: d.text ?? '' };
}

// What isn't said is null, and what this page doesn't change stays.
function bodyOf(draft: Draft, of: Definition | null) {
  const said = Object.fromEntries(Object.entries(draft).map(([key, value]) => [key, value.trim() || null]));
  return { ...said, ...(of ? { brand: of.brand, until: of.until } : {}), ...(of && Object.keys(of.values).length > 0 ? { values: of.values } : {}) };
}

type Checked = { state: 'none' | 'asking' } | { state: 'fine'; text: string } | { state: 'faulty'; trouble: Trouble; of: string };

function useCheck(kind: AudienceKind, draft: Draft, of: Definition | null): Checked {
  const { api } = useKith();
  const [checked, setChecked] = useState<Checked>({ state: 'none' });
  const { name, text } = draft;
  const brand = of?.brand ?? null;
  useEffect(() => {
    if (!text.trim()) {
      setChecked({ state: 'none' });
      return;
    }
    const stop = new AbortController();
    setChecked((c) => (c.state === 'faulty' ? c : { state: 'asking' })); // a fault stays to be read while it is mended
    const timer = setTimeout(async () => {
      try {
        const got = await api.send<{ text: string }>('POST', pathOf(kind, 'check'), { name: name.trim(), text, brand }, stop.signal);
        setChecked({ state: 'fine', text: got.text });
      } catch (e) {
        if (!stop.signal.aborted) setChecked({ state: 'faulty', trouble: troubleFrom(e), of: text });
      }
    }, CHECK_AFTER_MS);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [api, kind, name, text, brand]);
  return checked;
}

const FIELDS: [keyof Draft, Word][] = [['label_zh', 'label_zh'], ['label_en', 'label_en'], ['owner', 'owner'], ['category', 'category']];

function Build({ kind, of }: { kind: AudienceKind; of: Definition | null }) {
  const { t, lang, api } = useKith();
  const [draft, setDraft] = useState(() => draftOf(of));
  const [revision, setRevision] = useState(of?.revision ?? 0);
  const [theirs, setTheirs] = useState<Definition | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const checked = useCheck(kind, draft, of);
  const set = (key: keyof Draft) => (value: string) => setDraft((d) => ({ ...d, [key]: value }));
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setTrouble(null);
    try {
      await api.send('PUT', pathOf(kind), { ...bodyOf(draft, theirs ?? of), revision });
      location.hash = hashOf({ view: 'audience', kind, name: draft.name.trim() });
    } catch (error) {
      const why = troubleFrom(error);
      setTrouble(why);
      if (why.status !== 409) return;
      const now = await api.get<Definition>(pathOf(kind, draft.name.trim())).catch(() => null);
      setTheirs(now);
      setRevision(now?.revision ?? 0);
    }
  };
  return (
    <>
      <h1>{of ? `${t('edit')} ${nameOf(of, lang)}` : t(kind === 'tag' ? 'new_tag' : 'new_segment')}</h1>
      <form className="build" onSubmit={save}>
        <Section title={t('expression')}>
          <ExpressionField text={draft.text} set={set('text')} checked={checked} />
        </Section>
        <section className="card">
          {!of && (
            <label>{t('name_of')} <input value={draft.name} onChange={(e) => set('name')(e.target.value)} required maxLength={64} pattern="[^\/]+" autoComplete="off" spellCheck={false} /><small>{t('name_rule')}</small></label>
          )}
          <div className="halves">
            {FIELDS.map(([key, word]) => <label key={key}>{t(word)} <input value={draft[key]} onChange={(e) => set(key)(e.target.value)} autoComplete="off" /></label>)}
          </div>
          <label>{t('description')} <input value={draft.description} onChange={(e) => set('description')(e.target.value)} autoComplete="off" /></label>
        </section>
        {trouble && (theirs ? <Conflict theirs={theirs} /> : <TroubleNotice trouble={trouble} />)}
        <div className="deeds">
          <button type="submit" className="main" disabled={checked.state !== 'fine'}>{theirs ? t('save_over') : t('save')}</button>
          <a className="button" href={hashOf({ view: 'audience', kind, name: of?.name ?? '' })}>{t('cancel')}</a>
        </div>
      </form>
    </>
  );
}

export function Conflict({ theirs }: { theirs: Definition }) {
  const { t } = useKith();
  return <Notice kind="bad" title={t('changed_meanwhile')} about={<>{t('theirs')} ({t('revision')} {theirs.revision}): <code>{theirs.text}</code></>} />;
}

export function ExpressionField({ text, set, checked }: { text: string; set: (text: string) => void; checked: Checked }) {
  const { t } = useKith();
  const isFaulty = checked.state === 'faulty';
  return (
    <>
      <textarea
        value={text} onChange={(e) => set(e.target.value)} aria-label={t('expression')} aria-invalid={isFaulty} aria-describedby="checked" required spellCheck={false}
        placeholder="count(order_paid in last 90 days) >= 3"
      />
      <div id="checked" role="status">
        {checked.state === 'asking' && <p className="muted">{t('checking')}</p>}
        {checked.state === 'fine' && <p><span className="tag good">{t('check_fine')}</span> {checked.text !== text.trim() && <code>{checked.text}</code>}</p>}
        {isFaulty && <FaultOf trouble={checked.trouble} text={checked.of} set={set} isNow={checked.of === text} />}
      </div>
    </>
  );
}

// The text as it was checked, the word that is meant underlined; and what it may be meant to be, if it still stands there.
function FaultOf({ trouble, text, set, isNow }: { trouble: Trouble; text: string; set: (text: string) => void; isNow: boolean }) {
  const { t } = useKith();
  const { at, nearest } = faultOf(trouble.detail);
  if (trouble.status !== 400 || at === null) return <TroubleNotice trouble={trouble} />;
  const { before, word, after } = wordAt(text, at);
  return (
    <div className="fault">
      <code className="expression">{before}<mark>{word || ' '}</mark>{after}</code>
      <p className="wrong">{trouble.detail} {nearest && isNow && <button type="button" onClick={() => set(before + nearest + after)}>{t('use_nearest')} {nearest}</button>}</p>
    </div>
  );
}
