// Questions that may take longer: asked, waited for with their progress, and taken back.
import { useCallback, useEffect, useRef, useState } from 'react';
import { Trouble, troubleFrom, type StudyState } from './api';
import { useKith } from './context';
import { Notice, TroubleNotice } from './parts';

const WAIT_MS = 800; // until the next word about progress

export interface Studied<T> { data: T | null; trouble: Trouble | null; state: StudyState | null; isCancelled: boolean; cancel: () => void; again: () => void }

function isState(answer: object): answer is StudyState {
  return 'study' in answer;
}

// Asks `path` (null: nothing), with a body by POST; `body` is compared as text. What is still being worked on when the page is left is taken back.
export function useStudy<T extends object>(path: string | null, body?: unknown): Studied<T> {
  const { api } = useKith();
  const said = body === undefined ? undefined : JSON.stringify(body);
  const [answer, setAnswer] = useState<{ data: T | null; trouble: Trouble | null; state: StudyState | null; isCancelled: boolean }>(NOTHING_YET);
  const [turn, setTurn] = useState(0);
  const stop = useRef<AbortController | null>(null);

  useEffect(() => {
    setAnswer(NOTHING_YET);
    if (path === null) return;
    const mine = new AbortController();
    stop.current = mine;
    let study = '';
    const ask = async () => {
      const first = `${path}${path.includes('?') ? '&' : '?'}wait_ms=${WAIT_MS}`;
      try {
        let got = said === undefined ? await api.get<T | StudyState>(first, mine.signal) : await api.send<T | StudyState>('POST', first, JSON.parse(said), mine.signal);
        while (isState(got)) {
          study = got.study;
          const state = got;
          setAnswer((a) => ({ ...a, state }));
          got = await api.get<T | StudyState>(`analytics/studies/${study}?wait_ms=${WAIT_MS}`, mine.signal);
        }
        study = '';
        const data = got;
        setAnswer({ ...NOTHING_YET, data });
      } catch (e) {
        if (!mine.signal.aborted) setAnswer({ ...NOTHING_YET, trouble: troubleFrom(e) });
      }
    };
    mine.signal.addEventListener('abort', () => {
      if (study) api.send('DELETE', `analytics/studies/${study}`).catch(() => undefined); // it may be over by then
    });
    void ask();
    return () => mine.abort();
  }, [api, path, said, turn]);

  const again = useCallback(() => setTurn((n) => n + 1), []);
  const cancel = useCallback(() => {
    stop.current?.abort();
    setAnswer({ ...NOTHING_YET, isCancelled: true });
  }, []);
  return { ...answer, cancel, again };
}

const NOTHING_YET = { data: null, trouble: null, state: null, isCancelled: false };

// What stands in place of an answer that isn't there.
export function StudyNotice({ of }: { of: Studied<object> }) {
  const { t } = useKith();
  if (of.data) return null;
  if (of.trouble) return <TroubleNotice trouble={of.trouble} again={of.again} />;
  if (of.isCancelled) return <Notice title={t('cancelled')} action={<button onClick={of.again}>{t('retry')}</button>} />;
  return (
    <p className="loading" role="status">
      {t('study_running')} <progress value={of.state?.progress ?? undefined} max={1} aria-label={t('study_running')} />{' '}
      {of.state && of.state.ahead > 0 && `${t('study_ahead')} ${of.state.ahead} `}
      {of.state && <button className="quiet" onClick={of.cancel}>{t('cancel')}</button>}
    </p>
  );
}
