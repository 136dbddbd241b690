// Lines and areas on a canvas, and what lies under a point.
const painting = (() => {
  const BATCH = 2000; // points per stroke: one stroke of a whole city is slower than many of a street each
  const SMALL = 3; // pixels
  let hatch = null;

  // Paints a part each time that it is asked for the next one, so that the page stays at hand meanwhile
  function* layer(context, one, frame) {
    const {scale, x, y, size, zoom} = frame, margin = 12 / scale;
    const found = store.within(one, x / scale - margin, y / scale - margin, (x + size) / scale + margin, (y + size) / scale + margin);
    const groups = one.styles.map(() => []);
    for (const i of found) { if (one.match[i]) { groups[one.classes[i]].push(i); } }
    for (let order = 0; order < groups.length; order++) {
      if (groups[order].length) { yield* {point: points, line: lines, area: areas}[one.sort](context, one, groups[order].sort((a, b) => a - b), one.styles[order], frame); }
    }
  }

  // Far away lines are thinner, or a city is one blot
  const thinner = (zoom) => Math.min(1, Math.max(0.35, (zoom - 9) / 7));

  function* points(context, one, items, style, {scale, x, y}) {
    const radius = Math.max(1, Math.min(style.size / 2, 4));
    context.fillStyle = style.colour;
    for (const i of items) {
      const k = one.paths[one.objects[i]];
      context.fillRect(one.px[k] * scale - x - radius, one.py[k] * scale - y - radius, 2 * radius, 2 * radius);
    }
    yield;
  }

  function* lines(context, one, items, style, frame) {
    const {scale, zoom} = frame, dash = style.dash.map((length) => length * thinner(zoom));
    const taken = new Uint8Array(frame.size * frame.size / 4), dashed = [], width = style.width * thinner(zoom);
    const pen = () => {
      const round = width > 2.5; // ends and bends of thin lines are too small to see, and slow
      Object.assign(context, {strokeStyle: style.colour, fillStyle: style.colour, lineWidth: width, globalAlpha: style.opacity, lineJoin: round ? "round" : "bevel", lineCap: round && !dash.length ? "round" : "butt"});
    };
    let many = 0;
    context.beginPath();
    for (const i of items) {
      const b = 4 * i, wide = (one.box[b + 2] - one.box[b]) * scale, high = (one.box[b + 3] - one.box[b + 1]) * scale;
      if (wide < SMALL && high < SMALL) {
        pen();
        dot(context, one.box[b] + one.box[b + 2], one.box[b + 1] + one.box[b + 3], frame, taken, width);
        continue;
      }
      if (dash.length && wide + high > dash[0]) { dashed.push(i); continue; } // shorter than a dash: no gap in it
      for (let p = one.objects[i]; p < one.objects[i + 1]; p++) { many += trace(context, one, p, frame, false); }
      if (many > BATCH) {
        pen();
        context.setLineDash([]);
        context.stroke();
        yield;
        context.beginPath();
        many = 0;
      }
    }
    pen();
    context.setLineDash([]);
    context.stroke();
    for (let k = 0; k < dashed.length; k += 100) {
      context.beginPath();
      for (const i of dashed.slice(k, k + 100)) { for (let p = one.objects[i]; p < one.objects[i + 1]; p++) { trace(context, one, p, frame, false, style.dash.length > 0); } }
      pen();
      context.setLineDash(dash);
      context.stroke();
      yield;
    }
  }
  // What is hardly larger than a pixel is a dot, and dots do not lie on one another
  function dot(context, twiceX, twiceY, {scale, x, y, size}, taken, width) {
    const left = twiceX / 2 * scale - x, top = twiceY / 2 * scale - y, place = (top >> 1) * (size / 2) + (left >> 1);
    if (left < 0 || top < 0 || left >= size || top >= size || taken[place]) { return; }
    taken[place] = 1;
    context.fillRect(left - width / 2, top - width / 2, Math.max(1, width), Math.max(1, width));
  }

  function* areas(context, one, items, style, frame) {
    const {scale, zoom} = frame, filled = style.fill || style.hatch;
    if (style.hatch) { hatch = hatch || hatching(); }
    const taken = new Uint8Array(frame.size * frame.size / 4);
    let many = 0;
    for (const i of items) {
      const b = 4 * i, wide = Math.max(one.box[b + 2] - one.box[b], one.box[b + 3] - one.box[b + 1]) * scale;
      if (wide < SMALL / 2) {
        Object.assign(context, {fillStyle: style.fill || style.colour, globalAlpha: style.opacity});
        dot(context, one.box[b] + one.box[b + 2], one.box[b + 1] + one.box[b + 3], frame, taken, SMALL / 2);
        continue;
      }
      context.beginPath();
      for (let p = one.objects[i]; p < one.objects[i + 1]; p++) { many += trace(context, one, p, frame, true); }
      Object.assign(context, {strokeStyle: style.colour, lineWidth: style.width * thinner(zoom), lineJoin: "round", globalAlpha: style.opacity});
      context.fillStyle = style.hatch ? context.createPattern(hatch, "repeat") : style.fill || "#000";
      context.setLineDash(style.dash);
      if (filled) { context.fill("evenodd"); }
      context.globalAlpha = 1;
      if (style.width && wide > 4) { context.stroke(); }
      if (many > BATCH) {
        yield;
        many = 0;
      }
    }
  }

  // One path, without the points that lie within a pixel of the one before; how many points are left
  function trace(context, one, p, {scale, x, y, size}, closed) {
    const {px, py} = one, last = one.paths[p + 1] - 1, far = 40;
    let many = 1, X = px[one.paths[p]] * scale - x, Y = py[one.paths[p]] * scale - y, pen = true;
    context.moveTo(X, Y);
    for (let k = one.paths[p] + 1; k <= last; k++) {
      const nextX = px[k] * scale - x, nextY = py[k] * scale - y;
      if (k < last && Math.abs(nextX - X) < 0.8 && Math.abs(nextY - Y) < 0.8) { continue; }
      // Stretches that surely lie beside the tile are left out of lines; areas need them to be filled
      const beside = !closed && ((X < -far && nextX < -far) || (Y < -far && nextY < -far) || (X > size + far && nextX > size + far) || (Y > size + far && nextY > size + far));
      if (beside) { pen = false; } else {
        if (!pen) { context.moveTo(X, Y); }
        context.lineTo(nextX, nextY);
        pen = true;
        many++;
      }
      X = nextX;
      Y = nextY;
    }
    if (closed) { context.closePath(); }
    return many;
  }

  function hatching() {
    const tile = document.createElement("canvas"), context = tile.getContext("2d");
    tile.width = tile.height = 20; // as the pattern of the page, whose lines are 14 pixels apart
    context.fillStyle = "#f3f2ee";
    context.fillRect(0, 0, 20, 20);
    Object.assign(context, {strokeStyle: "#8a8a8a", lineWidth: 1.5});
    [-20, 0, 20].forEach((shift) => { context.moveTo(shift - 1, 21); context.lineTo(shift + 21, -1); });
    context.stroke();
    return tile;
  }

  // Of a line from a point, on the world at zoom 0
  function distance(one, i, at) {
    let best = Infinity;
    for (let p = one.objects[i]; p < one.objects[i + 1]; p++) {
      for (let k = one.paths[p]; k < one.paths[p + 1] - 1; k++) {
        const dx = one.px[k + 1] - one.px[k], dy = one.py[k + 1] - one.py[k], length = dx * dx + dy * dy;
        const share = length ? Math.max(0, Math.min(1, ((at.x - one.px[k]) * dx + (at.y - one.py[k]) * dy) / length)) : 0;
        best = Math.min(best, Math.hypot(one.px[k] + share * dx - at.x, one.py[k] + share * dy - at.y));
      }
    }
    return best;
  }
  function holds(one, i, at) {
    let within = false;
    for (let p = one.objects[i]; p < one.objects[i + 1]; p++) {
      for (let k = one.paths[p], before = one.paths[p + 1] - 1; k < one.paths[p + 1]; before = k++) {
        const crosses = one.py[k] > at.y !== one.py[before] > at.y;
        if (crosses && at.x < one.px[k] + (one.px[before] - one.px[k]) * (at.y - one.py[k]) / (one.py[before] - one.py[k])) { within = !within; }
      }
    }
    return within;
  }
  return {layer, distance, holds, thinner};
})();
