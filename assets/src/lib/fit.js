/** Makes a text smaller until it fits its box, down to `least` of its own size. */
export function fit(node, least) {
  node.style.fontSize = "";
  const own = parseFloat(getComputedStyle(node).fontSize);
  for (let share = 1; share > least; share -= 0.04) {
    const tooWide = node.scrollWidth > node.clientWidth + 1;
    // Glyphs may reach a little over their line without being cut.
    const tooHigh = node.scrollHeight > node.clientHeight + own / 3;
    if (!tooWide && !tooHigh) return;
    node.style.fontSize = `${own * (share - 0.04)}px`;
  }
}
