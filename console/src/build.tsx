// A tag or segment made or changed: a rule, a list or a group, saved over the revision that was read.
import { useState, type FormEvent } from 'react';
import { troubleFrom, type AudienceKind, type Definition, type Trouble } from './api';
import { GroupFields, ListFields, listBody, listDraftOf, type ListDraft } from './content';
import { useAsk, useKith } from './context';
import { ExpressionField, useCheck } from './expression';
import { Loading, Notice, Section, TroubleNotice } from './parts';
import { PreviewSection } from './preview';
import { hashOf } from './route';
import { nameOf, pathOf } from './survey';
import type { Word } from './words';

type Content = Definition['content'];
interface Draft { name: string; label_zh: string; label_en: string; owner: string; category: string; description: string; until: string; text: string }

const EMPTY: Draft = { name: '', label_zh: '', label_en: '', owner: '', category: '', description: '', until: '', text: '' };
const CONTENTS: Record<AudienceKind, readonly Content[]> = { segment: ['rule', 'list'], tag: ['rule', 'list', 'group'] };

export function BuildPage({ kind, name }: { kind: AudienceKind; name: string }) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<Definition>(name ? pathOf(kind, name) : null);
  if (!name) return <Build kind={kind} of={null} />;
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  if (!data) return <Loading />;
  return data.content === 'rule' && data.text === null ? <Notice title={t('text_hidden')} /> : <Build kind={kind} of={data} />;
}

function draftOf(d: Definition | null): Draft {
  if (!d) return EMPTY;
  return {
    name: d.name, label_zh: d.label_zh ?? '', label_en: d.label_en ?? '', owner: d.owner ?? '', category: d.category ?? '', description: d.description ?? '',
    until: d.until ?? '', text: d.text ?? '',
  };
}

// The body of a save: what isn't said is null, and what this page doesn't change stays.
export function bodyOf(content: Content, draft: Draft, list: ListDraft, tags: readonly string[], of: Definition | null) {
  const { text, ...others } = draft;
  const said = Object.fromEntries(Object.entries(others).map(([key, value]) => [key, value.trim() || null]));
  const kept = { ...(of ? { brand: of.brand } : {}), ...(of && content !== 'list' && Object.keys(of.values).length > 0 ? { values: of.values } : {}) };
  const what = content === 'rule' ? { text: text.trim() } : content === 'list' ? listBody(list) : { tags };
  return { ...said, ...kept, ...what };
}

const FIELDS: [keyof Draft, Word][] = [['label_zh', 'label_zh'], ['label_en', 'label_en'], ['owner', 'owner'], ['category', 'category']];

function Build({ kind, of }: { kind: AudienceKind; of: Definition | null }) {
  const { t, lang, api } = useKith();
  const [content, setContent] = useState<Content>(of?.content ?? 'rule');
  const [draft, setDraft] = useState(() => draftOf(of));
  const [list, setList] = useState(() => listDraftOf(of));
  const [tags, setTags] = useState<string[]>(() => of?.tags ?? []);
  const [revision, setRevision] = useState(of?.revision ?? 0);
  const [theirs, setTheirs] = useState<Definition | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const checked = useCheck(kind, draft.name, content === 'rule' ? draft.text : '', of?.brand ?? null);
  const set = (key: keyof Draft) => (value: string) => setDraft((d) => ({ ...d, [key]: value }));
  const body = bodyOf(content, draft, list, tags, theirs ?? of);
  const isReady = content === 'rule' ? checked.state === 'fine' : content === 'list' || tags.length > 0;
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setTrouble(null);
    try {
      await api.send('PUT', pathOf(kind), { ...body, revision });
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
        {!of && <ContentChoice kind={kind} content={content} choose={setContent} />}
        <Section title={t(content === 'rule' ? 'expression' : content === 'list' ? 'list_made' : 'group_made')}>
          {content === 'rule' && <ExpressionField text={draft.text} set={set('text')} checked={checked} />}
          {content === 'list' && <ListFields list={list} set={setList} isTag={kind === 'tag'} isNew={!of} />}
          {content === 'group' && <GroupFields tags={tags} set={setTags} own={draft.name.trim()} />}
        </Section>
        {content === 'rule' && <PreviewSection kind={kind} body={checked.state === 'fine' ? { name: draft.name.trim(), text: draft.text, brand: of?.brand ?? null, until: draft.until || null } : null} />}
        <section className="card">
          {!of && (
            <label>{t('name_of')} <input value={draft.name} onChange={(e) => set('name')(e.target.value)} required maxLength={64} pattern="[^\/]+" autoComplete="off" spellCheck={false} /><small>{t('name_rule')}</small></label>
          )}
          <div className="halves">
            {FIELDS.map(([key, word]) => <label key={key}>{t(word)} <input value={draft[key]} onChange={(e) => set(key)(e.target.value)} autoComplete="off" /></label>)}
            <label>{t('until_day')} <input type="date" value={draft.until} onChange={(e) => set('until')(e.target.value)} /></label>
          </div>
          <label>{t('description')} <input value={draft.description} onChange={(e) => set('description')(e.target.value)} autoComplete="off" /></label>
        </section>
        {trouble && (theirs ? <Conflict theirs={theirs} /> : <TroubleNotice trouble={trouble} />)}
        <div className="deeds">
          <button type="submit" className="main" disabled={!isReady}>{theirs ? t('save_over') : t('save')}</button>
          <a className="button" href={hashOf({ view: 'audience', kind, name: of?.name ?? '' })}>{t('cancel')}</a>
        </div>
      </form>
    </>
  );
}

// What it is stays as it is once it was saved.
function ContentChoice({ kind, content, choose }: { kind: AudienceKind; content: Content; choose: (content: Content) => void }) {
  const { t, term } = useKith();
  return (
    <fieldset className="picks contents">
      <legend>{t('content_choice')}</legend>
      {CONTENTS[kind].map((c) => <label key={c}><input type="radio" name="content" checked={c === content} onChange={() => choose(c)} /> {term('content_way', c)}</label>)}
    </fieldset>
  );
}

export function Conflict({ theirs }: { theirs: Definition }) {
  const { t } = useKith();
  return <Notice kind="bad" title={t('changed_meanwhile')} about={<>{t('theirs')} ({t('revision')} {theirs.revision}){theirs.text && <>: <code>{theirs.text}</code></>}</>} />;
}
