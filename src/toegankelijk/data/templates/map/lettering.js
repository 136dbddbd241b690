// Names along lines of the ground, such as those of streets, where a line is long and straight enough for its name.
const lettering = (() => {
  const FROM = 15, EVERY = 340, APART = 46; // zoom; pixels between two of one name, and between any two
  const FONT = "12px system-ui, sans-serif";

  function* names(context, layer, {scale, x, y, size, zoom}) {
    if (zoom < FROM || layer.sort !== "line" || !layer.named.length) { return; }
    const margin = EVERY + 100, told = new Set(), placed = [];
    Object.assign(context, {font: FONT, textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: 3.5, strokeStyle: "#ffffff", fillStyle: "#333333"});
    const near = ([px, py], far) => px > x - far && px < x + size + far && py > y - far && py < y + size + far;
    const found = store.within(layer, (x - margin) / scale, (y - margin) / scale, (x + size + margin) / scale, (y + size + margin) / scale);
    for (const i of found.sort((a, b) => a - b)) {
      const name = layer.named.map((f) => store.text(layer, f, i)).filter((text) => text).join(", ").slice(0, 60);
      if (!name) { continue; }
      const wide = context.measureText(name).width + 10;
      for (let p = layer.objects[i]; p < layer.objects[i + 1]; p++) {
        for (const [from, middle, to] of stretches(layer, p, scale, wide)) {
          if (!near(middle, margin)) { continue; }
          const cell = `${name}/${Math.floor(middle[0] / EVERY)}/${Math.floor(middle[1] / EVERY)}`;
          if (told.has(cell) || placed.some((other) => Math.hypot(other[0] - middle[0], other[1] - middle[1]) < APART)) { continue; }
          told.add(cell);
          placed.push(middle);
          if (near(middle, wide / 2)) { write(context, name, [from, middle, to], x, y); }
        }
      }
      yield;
    }
  }
  // Stretches of a path as long as a name, evenly along it, that are straight enough to write on
  function stretches(layer, p, scale, wide) {
    const first = layer.paths[p], last = layer.paths[p + 1] - 1, along = [0], list = [];
    for (let k = first + 1; k <= last; k++) { along.push(along[k - first - 1] + scale * Math.hypot(layer.px[k] - layer.px[k - 1], layer.py[k] - layer.py[k - 1])); }
    const length = along[last - first], many = Math.max(1, Math.floor(length / EVERY));
    if (length < wide) { return list; }
    const at = (far) => {
      let low = 1, high = last - first;
      while (low < high) { const middle = (low + high) >> 1; if (along[middle] < far) { low = middle + 1; } else { high = middle; } }
      const step = along[low] - along[low - 1], share = step ? (far - along[low - 1]) / step : 0, k = first + low;
      return [scale * (layer.px[k - 1] + share * (layer.px[k] - layer.px[k - 1])), scale * (layer.py[k - 1] + share * (layer.py[k] - layer.py[k - 1]))];
    };
    for (let order = 0; order < many; order++) {
      const middle = (order + 0.5) * length / many, from = at(middle - wide / 2), to = at(middle + wide / 2);
      if (Math.hypot(to[0] - from[0], to[1] - from[1]) > 0.93 * wide) { list.push([from, at(middle), to]); }
    }
    return list;
  }
  function write(context, name, [from, middle, to], x, y) {
    const back = to[0] < from[0] ? Math.PI : 0; // never upside down
    context.save();
    context.translate(middle[0] - x, middle[1] - y);
    context.rotate(Math.atan2(to[1] - from[1], to[0] - from[0]) + back);
    context.strokeText(name, 0, 0);
    context.fillText(name, 0, 0);
    context.restore();
  }
  return {names};
})();
