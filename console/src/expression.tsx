// An expression as it is typed: checked, said in a sentence, and the word that is wrong underlined with what it may be.
import { useEffect, useState } from 'react';
import { troubleFrom, type AudienceKind, type Checked as CheckAnswer, type Trouble } from './api';
import { useKith } from './context';
import { TroubleNotice } from './parts';
import { faultOf, pathOf, wordAt } from './survey';

const CHECK_AFTER_MS = 300; // since the last key

export type Checked = { state: 'none' | 'asking' } | ({ state: 'fine' } & CheckAnswer) | { state: 'faulty'; trouble: Trouble; of: string };

// What the daemon says of the text under this name; `brand`: whose scope it is read in, null: the whole group's.
export function useCheck(kind: AudienceKind, name: string, text: string, brand: string | null): Checked {
  const { api } = useKith();
  const [checked, setChecked] = useState<Checked>({ state: 'none' });
  useEffect(() => {
    if (!text.trim()) {
      setChecked({ state: 'none' });
      return;
    }
    const stop = new AbortController();
    setChecked((c) => (c.state === 'faulty' ? c : { state: 'asking' })); // a fault stays to be read while it is mended
    const timer = setTimeout(async () => {
      try {
        const got = await api.send<CheckAnswer>('POST', pathOf(kind, 'check'), { name: name.trim(), text, brand }, stop.signal);
        setChecked({ state: 'fine', ...got });
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

export function ExpressionField({ text, set, checked }: { text: string; set: (text: string) => void; checked: Checked }) {
  const { t, lang } = useKith();
  const isFaulty = checked.state === 'faulty';
  return (
    <>
      <textarea
        value={text} onChange={(e) => set(e.target.value)} aria-label={t('expression')} aria-invalid={isFaulty} aria-describedby="checked" required spellCheck={false}
        placeholder="count(order_paid in last 90 days) >= 3"
      />
      <div id="checked" role="status">
        {checked.state === 'none' && <p className="muted">{t('expression_hint')}</p>}
        {checked.state === 'asking' && <p className="muted">{t('checking')}</p>}
        {checked.state === 'fine' && (
          <>
            <p><span className="tag good">{t('check_fine')}</span> {checked.sentence?.[lang]}</p>
            {checked.text !== text.trim() && <p><small>{t('kept_as')}</small> <code>{checked.text}</code></p>}
          </>
        )}
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
