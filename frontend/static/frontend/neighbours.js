// Where an arrow leads from one image to another, however they are laid out: the reading order sideways, what lies
// nearest up and down.

export function neighbour(key, tile, tiles) {
  const index = tiles.indexOf(tile);
  if (key === "ArrowRight") return tiles[index + 1] ?? tile;
  if (key === "ArrowLeft") return tiles[index - 1] ?? tile;
  if (key === "Home") return tiles[0];
  if (key === "End") return tiles.at(-1);
  if (key === "ArrowDown") return nearest(tile, tiles, 1);
  if (key === "ArrowUp") return nearest(tile, tiles, -1);
  return undefined;
}

// In the nearest row that lies in this direction, the image that is nearest sideways.
function nearest(tile, tiles, direction) {
  const here = tile.getBoundingClientRect();
  const ahead = tiles
    .map((other) => ({ other, at: other.getBoundingClientRect() }))
    .map(({ other, at }) => ({ other, down: direction * (at.top - here.top), aside: Math.abs(at.left - here.left) }))
    .filter(({ down }) => down > 1);
  const row = Math.min(...ahead.map(({ down }) => down));
  const candidates = ahead.filter(({ down }) => down < row + here.height / 2);
  return candidates.toSorted((a, b) => a.aside - b.aside)[0]?.other ?? tile;
}
