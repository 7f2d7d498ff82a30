// What a definition is made of besides a rule: a list that people are put on, with which values; a group, with the order of its tags.
import { useAsk, useKith } from './context';
import type { Definition, DefinitionList } from './api';
import { moved } from './lists';
import { nameOf } from './survey';

export const LIST_VALUES = ['none', 'text', 'number', 'time'] as const;
export interface Level { value: string; label_zh: string; label_en: string }
export interface ListDraft { value: string; lasts_days: string; levels: Level[] }

export function listDraftOf(d: Definition | null): ListDraft {
  const levels = Object.entries(d?.values ?? {}).map(([value, l]) => ({ value, label_zh: l.label_zh ?? '', label_en: l.label_en ?? '' }));
  return { value: String(d?.list?.['value'] ?? 'none'), lasts_days: String(d?.list?.['lasts_days'] || ''), levels };
}

// Members of a save. Of a segment, and of a tag without values, there are none to declare.
export function listBody(l: ListDraft) {
  const days = Number.parseInt(l.lasts_days, 10);
  const levels = l.value === 'none' ? [] : l.levels.filter((x) => x.value.trim());
  return {
    list: { ...(l.value === 'none' ? {} : { value: l.value }), ...(days > 0 ? { lasts_days: days } : {}) },
    ...(levels.length > 0 ? { values: Object.fromEntries(levels.map((x) => [x.value.trim(), { ...(x.label_zh.trim() ? { label_zh: x.label_zh.trim() } : {}), ...(x.label_en.trim() ? { label_en: x.label_en.trim() } : {}) }])) } : {}),
  };
}

export function ListFields({ list, set, isTag, isNew }: { list: ListDraft; set: (list: ListDraft) => void; isTag: boolean; isNew: boolean }) {
  const { t, term } = useKith();
  const level = (i: number, key: keyof Level, value: string) => set({ ...list, levels: list.levels.map((l, k) => (k === i ? { ...l, [key]: value } : l)) });
  return (
    <>
      <p className="muted">{t(isTag ? 'list_tag_about' : 'list_segment_about')}</p>
      <div className="halves">
        {isTag && (
          <label>{t('list_values')}{' '}
            <select value={list.value} disabled={!isNew} onChange={(e) => set({ ...list, value: e.target.value })}>
              {LIST_VALUES.map((v) => <option key={v} value={v}>{term('list_value', v)}</option>)}
            </select>
          </label>
        )}
        <label>{t('lasts_days')} <input type="number" min={1} max={36500} value={list.lasts_days} onChange={(e) => set({ ...list, lasts_days: e.target.value })} placeholder={t('for_ever')} /></label>
      </div>
      {isTag && list.value !== 'none' && (
        <fieldset className="levels">
          <legend>{t('levels')} <small>{t('levels_about')}</small></legend>
          {list.levels.map((l, i) => (
            <div key={i}>
              <input value={l.value} onChange={(e) => level(i, 'value', e.target.value)} aria-label={t('value')} placeholder={t('value')} autoComplete="off" />
              <input value={l.label_zh} onChange={(e) => level(i, 'label_zh', e.target.value)} aria-label={t('label_zh')} placeholder={t('label_zh')} autoComplete="off" />
              <input value={l.label_en} onChange={(e) => level(i, 'label_en', e.target.value)} aria-label={t('label_en')} placeholder={t('label_en')} autoComplete="off" />
              <button type="button" className="quiet" aria-label={`${t('remove')} ${l.value}`} onClick={() => set({ ...list, levels: list.levels.filter((_, k) => k !== i) })}>✕</button>
            </div>
          ))}
          <button type="button" onClick={() => set({ ...list, levels: [...list.levels, { value: '', label_zh: '', label_en: '' }] })}>{t('level_add')}</button>
        </fieldset>
      )}
    </>
  );
}

// The tags of a group: who would have several has the first of them.
export function GroupFields({ tags, set, own }: { tags: readonly string[]; set: (tags: string[]) => void; own: string }) {
  const { t, lang } = useKith();
  const all = useAsk<DefinitionList>('tags').data?.tags ?? [];
  const called = (name: string) => nameOf(all.find((d) => d.name === name) ?? { name, label_zh: null, label_en: null }, lang);
  const free = all.filter((d) => d.content !== 'group' && !tags.includes(d.name) && (d.group === null || d.group === own));
  return (
    <>
      <p className="muted">{t('group_about')}</p>
      <ol className="ranks">
        {tags.map((name, i) => (
          <li key={name}>
            <span>{called(name)} <small>{called(name) !== name && name}</small></span>
            <button type="button" className="quiet" disabled={i === 0} aria-label={`${t('rank_up')}: ${name}`} onClick={() => set(moved(tags, i, -1))}>↑</button>
            <button type="button" className="quiet" disabled={i === tags.length - 1} aria-label={`${t('rank_down')}: ${name}`} onClick={() => set(moved(tags, i, 1))}>↓</button>
            <button type="button" className="quiet" aria-label={`${t('remove')} ${name}`} onClick={() => set(tags.filter((x) => x !== name))}>✕</button>
          </li>
        ))}
      </ol>
      <label>{t('group_add')}{' '}
        <select value="" onChange={(e) => e.target.value && set([...tags, e.target.value])}>
          <option value="">—</option>
          {free.map((d) => <option key={d.name} value={d.name}>{nameOf(d, lang)}</option>)}
        </select>
      </label>
      {free.length === 0 && <p className="muted">{t('group_none')}</p>}
    </>
  );
}
