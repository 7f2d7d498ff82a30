// What every part of the page knows: how to ask, in which language to speak, and what names are called.
import { createContext, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { Api, Trouble, leavesAnswer, troubleFrom, type NameList } from './api';
import { eventLabel, label, say, term, type Labels, type Lang, type Word } from './words';

export interface Kith { api: Api; lang: Lang; labels: Labels }

export const KithContext = createContext<Kith | null>(null);

export function useKith() {
  const kith = useContext(KithContext);
  if (!kith) throw new Error('outside of KithContext');
  const { lang, labels } = kith;
  return {
    ...kith,
    t: (word: Word) => say(word, lang),
    term: (kind: string, name: string | null | undefined) => term(kind, name, lang),
    label: (kind: string, name: string | null | undefined) => label(labels, kind, name, lang),
    eventLabel: (e: { event: string; en?: string | null; zh?: string | null }) => eventLabel(labels, e, lang),
  };
}

export interface Asked<T> { data: T | null; trouble: Trouble | null; again: () => void }

// Asks for `path` and, where every_ms is above 0, goes on asking while the page is to be seen. The last answer stays when the daemon
// isn't reached or is in trouble, never when it says that there is nothing for this token to see. null: nothing is asked.
export function useAsk<T>(path: string | null, every_ms = 0): Asked<T> {
  const { api } = useKith();
  const [state, setState] = useState<{ path: string | null; data: T | null; trouble: Trouble | null }>({ path: null, data: null, trouble: null });
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        if (every_ms === 0 || !document.hidden) {
          const data = await api.get<T>(path, stop.signal);
          setState({ path, data, trouble: null });
        }
      } catch (e) {
        if (stop.signal.aborted) return;
        const trouble = troubleFrom(e);
        setState((s) => ({ path, data: s.path === path && leavesAnswer(trouble) ? s.data : null, trouble }));
      }
      if (every_ms > 0 && !stop.signal.aborted) timer = setTimeout(ask, every_ms);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [api, path, every_ms, turn]);

  const again = useCallback(() => setTurn((n) => n + 1), []);
  const fits = state.path === path;
  return { data: fits ? state.data : null, trouble: fits ? state.trouble : null, again };
}

const NAMED = ['event', 'brand', 'channel', 'shop', 'store', 'source', 'trait', 'purpose'];

// Once a sitting. A name without words of its own shows as it is, so a kind that can't be read is no trouble.
export function useLabels(api: Api): Labels {
  const [labels, setLabels] = useState<Labels>({});
  const asked = useRef<Api | null>(null);
  useEffect(() => {
    if (asked.current === api) return;
    asked.current = api;
    for (const kind of NAMED)
      api.get<NameList>(`names?kind=${kind}`).then(
        (list) => setLabels((l) => ({ ...l, [kind]: new Map(list.names.filter((n) => n.en || n.zh).map((n) => [n.name, n])) })),
        () => undefined,
      );
  }, [api]);
  return labels;
}
