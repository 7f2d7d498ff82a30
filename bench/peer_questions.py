"""What the peers of bench/analytics.c share: the questions' numbers, the answers' words, and how a time is taken.

A peer prints lines "NAME SECONDS WORD WORD …": the name of a question, the median of five runs of the best of all its ways to ask it,
and the answer's rows, their cells joined by ":"; all ways must answer the same. "disk BYTES": of the smallest layout, which is person-sorted and time-sorted.
"""
import statistics
import sys
import time

VIEWED, PAID, CART, CLICKED = 0, 2, 3, 4
FIRST, UNTIL = 1761955200, 1761955200 + 365 * 86400
WEEK, LOOK_BACK, RECENT = 7 * 86400, 30 * 86400, 14 * 86400
FIRST_MONDAY = 1761523200  # 2025-10-27: weeks are counted from it
CATEGORY = 1
RUNS = 5


def timed(ask):
    """(seconds, answer)"""
    start = time.monotonic()
    answer = ask()
    return time.monotonic() - start, answer


def words_of(rows):
    return [':'.join(f'{cell:.2f}' if isinstance(cell, float) else str(cell) for cell in row) for row in rows]


def best(name, ways, words):
    """Asks each way (its words, what asks) twice, and tells the median of the one that was fastest the second time."""
    times, answers = {}, {}
    for way, ask in ways.items():
        answers[way] = sorted(words(ask()))
        times[way], _ = timed(ask)
        print(f'{name}: {way}: {times[way]:.4f} s', file=sys.stderr)
    if any(answer != next(iter(answers.values())) for answer in answers.values()):
        sys.exit(f'{name}: the ways answer differently: ' + str({way: answer[:8] for way, answer in answers.items()}))
    way = min(times, key=times.get)
    print(name, f'{statistics.median(timed(ways[way])[0] for _ in range(RUNS)):.6f}', *answers[way], flush=True)


def funnel_words(rows):
    """Of (depth, people): how many got to each step."""
    reached = [sum(int(n) for depth, n in rows if int(depth) >= step) for step in (1, 2, 3)]
    return words_of(enumerate(reached, 1))


def retention_words(rows):
    """Of (cohort's week, period, people)."""
    return [f'{time.strftime("%G-W%V", time.gmtime(FIRST_MONDAY + int(week) * WEEK))}:{period}:{people}' for week, period, people in rows]


def category_words(rows):
    (some, many), = rows
    return [f'{least}:{people}' for least, people in ((1, int(some) - int(many)), (3, int(many))) if people > 0]


def attribution_words(rows):
    """Of (channel, conversions, cents)."""
    return [f'c{int(channel):02}:{count}:{int(cents) / 100:.2f}' for channel, count, cents in rows]
