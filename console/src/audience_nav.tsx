// Between what is kept of people under a name: segments, tags, predictions.
import { useKith } from './context';
import { hashOf, type Route } from './route';
import type { Word } from './words';

const LISTS: [Word, Route][] = [
  ['segments', { view: 'audience', kind: 'segment', name: '' }], ['tags', { view: 'audience', kind: 'tag', name: '' }], ['predictions', { view: 'predictions', name: '' }],
];

export function AudienceNav({ here }: { here: Word }) {
  const { t } = useKith();
  return (
    <nav className="kinds" aria-label={t('audience')}>
      {LISTS.map(([word, route]) => <a key={word} href={hashOf(route)} aria-current={word === here ? 'page' : undefined}>{t(word)}</a>)}
    </nav>
  );
}
