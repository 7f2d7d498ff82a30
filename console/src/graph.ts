// Where the identifiers of one person and the sets of them that were seen together stand in a picture. Pure: the same
// person gives the same picture.

export interface Point { x: number; y: number }
// Two members: a line from one to the other. More: a dot with a line to each.
export interface Link { set: number; members: number[]; at: Point; isPair: boolean }
export interface Picture { nodes: Point[]; links: Link[]; left: number }

export const NODES_MAX = 12;
const LINKS_MAX = 24;
const DOT_APART = 26;
const DOT_AIR = 6;

interface Seen { members: readonly number[]; count: number }

// How far apart on the ring linked identifiers stand, in all.
export function stretch(order: readonly number[], sets: readonly Seen[]): number {
  const place = new Map(order.map((node, at) => [node, at]));
  let sum = 0;
  for (const { members } of sets)
    for (let i = 0; i < members.length; i++)
      for (let j = 0; j < i; j++) {
        const far = Math.abs((place.get(members[i]!) ?? 0) - (place.get(members[j]!) ?? 0));
        sum += Math.min(far, order.length - far);
      }
  return sum;
}

// Swaps two as long as that brings linked ones nearer; with 12 nodes this is soon over.
export function ringOrder(nodes: number, sets: readonly Seen[]): number[] {
  const order = Array.from({ length: nodes }, (_, i) => i);
  let least = stretch(order, sets);
  for (let better = true; better; ) {
    better = false;
    for (let i = 0; i < nodes; i++)
      for (let j = i + 1; j < nodes; j++) {
        [order[i], order[j]] = [order[j]!, order[i]!];
        const now = stretch(order, sets);
        if (now < least) {
          least = now;
          better = true;
        } else {
          [order[i], order[j]] = [order[j]!, order[i]!];
        }
      }
  }
  return order;
}

function ring(order: readonly number[], width: number, height: number, margin: Point): Point[] {
  const nodes: Point[] = [];
  const n = order.length;
  // Two side by side, four at the corners: labels are wider than high.
  const turn = n === 2 ? Math.PI : n % 4 === 0 ? -Math.PI / 2 + Math.PI / n : -Math.PI / 2;
  order.forEach((node, at) => {
    const angle = turn + (2 * Math.PI * at) / n;
    nodes[node] = {
      x: width / 2 + (n === 1 ? 0 : (width / 2 - margin.x) * Math.cos(angle)),
      y: height / 2 + (n === 1 ? 0 : (height / 2 - margin.y) * Math.sin(angle)),
    };
  });
  return nodes;
}

function centre(points: Point[]): Point {
  return { x: points.reduce((s, p) => s + p.x, 0) / points.length, y: points.reduce((s, p) => s + p.y, 0) / points.length };
}

// Dots that would lie on each other or on a box step aside, along a spiral. `clear`: half of a box and some air.
function freePlace(wanted: Point, boxes: readonly Point[], taken: readonly Point[], clear: Point): Point {
  for (let step = 0; step < 200; step++) {
    const angle = step * 2.4;
    const far = DOT_APART * 0.5 * Math.sqrt(step);
    const p = { x: wanted.x + far * Math.cos(angle), y: wanted.y + far * Math.sin(angle) };
    const isFree =
      boxes.every((b) => Math.abs(b.x - p.x) >= clear.x || Math.abs(b.y - p.y) >= clear.y) && taken.every((t) => Math.hypot(t.x - p.x, t.y - p.y) >= DOT_APART);
    if (isFree) return p;
  }
  return wanted;
}

// `margin` is what a box takes to each side of its middle. `sets` in any order; those of fewer than two members join nothing and aren't drawn. The strongest LINKS_MAX are.
export function draw(nodeCount: number, sets: readonly Seen[], width: number, height: number, margin: Point): Picture {
  const joining = sets
    .map((s, set) => ({ set, members: s.members.filter((m) => m < nodeCount), count: s.count }))
    .filter((s) => s.members.length > 1)
    .sort((a, b) => b.count - a.count || a.set - b.set);
  const drawn = joining.slice(0, LINKS_MAX);
  const nodes = ring(ringOrder(nodeCount, drawn), width, height, margin);
  const taken: Point[] = [];
  const links = drawn.map(({ set, members }) => {
    const at = freePlace(centre(members.map((m) => nodes[m]!)), nodes, taken, { x: margin.x + DOT_AIR, y: margin.y + DOT_AIR });
    taken.push(at);
    return { set, members, at, isPair: members.length === 2 };
  });
  return { nodes, links, left: joining.length - drawn.length };
}
