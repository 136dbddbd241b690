// Signs of points: those in view, each a button; what would overlap is one sign with a count, and many are a number.
const signs = (() => {
  const drawn = new Map(); // key: {node, latlng, shift}
  let opened = null; // a sign of several points that one has opened

  function draw() {
    const map = view.map, list = gather();
    const raised = view.map.getZoom() >= NEAR && store.layers.some((layer) => layer.near >= NEAR && !layer.background && view.seen(layer));
    map.getPane("signs").classList.toggle("raised", raised);
    const kept = new Set(list.map((one) => one.key));
    drawn.forEach((one, key) => { if (!kept.has(key)) { forget(key, one); } });
    let before = null;
    for (const one of list) {
      const old = drawn.get(one.key), node = old ? old.node : make(one);
      drawn.set(one.key, {...one, node});
      dress(node, one);
      put(node, map.latLngToLayerPoint(one.latlng), one.shift);
      // The order of the elements is the order for the keyboard
      if (before ? before.nextSibling !== node : map.getPane("signs").firstChild !== node) { map.getPane("signs").insertBefore(node, before ? before.nextSibling : map.getPane("signs").firstChild); }
      before = node;
    }
  }
  function forget(key, one) {
    drawn.delete(key);
    if (document.activeElement === one.node) { view.map.getContainer().focus({preventScroll: true}); }
    one.node.remove();
  }

  // Signs in view. None lies over another, or one could not aim at it: what would overlap is one sign with a count, or a number.
  // Layers with few points in view keep their signs; those with many become a number per cell.
  function gather() {
    const box = view.window(), scale = view.map.options.crs.scale(view.map.getZoom()) / 256;
    const layers = store.layers.filter((layer) => layer.sort === "point" && !layer.background && view.seen(layer)).map((layer) => {
      const found = store.within(layer, ...box).filter((i) => layer.match[i]);
      return found.map((i) => { const k = layer.paths[layer.objects[i]]; return {layer, i, x: layer.px[k] * scale, y: layer.py[k] * scale}; });
    });
    let room = MAX_SIGNS;
    const single = [], cells = new Map(), field = spread();
    for (const points of layers.sort((a, b) => a.length - b.length)) {
      room -= points.length;
      if (room >= 0) { single.push(...points); } else { points.forEach((point) => gatherIn(cells, point)); }
    }
    cells.forEach((members, cell) => { if (members.length < 3) { single.push(...members); cells.delete(cell); } });
    cells.forEach((members) => { const own = members.findIndex(isChosen); if (own >= 0) { single.push(...members.splice(own, 1)); } });
    single.sort((a, b) => isChosen(b) - isChosen(a) || b.layer.order - a.layer.order || b.layer.classes[b.i] - a.layer.classes[a.i] || a.i - b.i);
    for (const point of single) {
      const half = Math.max(24, point.layer.styleOf(point.i).size) * (point.layer.styleOf(point.i).shape === "tag" ? 0.8 : 0.5) + 1;
      const hit = field.hit(point.x, point.y, half);
      if (hit) { hit.members.push(point); } else { field.put(point.x, point.y, half, [point]); }
    }
    cells.forEach((members) => {
      const middle = (axis) => members.reduce((sum, point) => sum + point[axis], 0) / members.length, x = middle("x"), y = middle("y");
      const half = 21 + 4 * Math.max(0, String(members.length).length - 3); // a number of four digits is wider
      const free = [[0, 0], [20, 0], [-20, 0], [0, 20], [0, -20], [20, 20], [-20, -20]].find(([right, down]) => !field.hit(x + right, y + down, half));
      if (free) { field.put(x + free[0], y + free[1], half, members); } else { field.hit(x, y, half).members.push(...members); }
    });
    return field.all.flatMap((one) => {
      if (one.members.length === 1) { return [alone(one.members[0])]; }
      const inOrder = one.members.slice().sort((a, b) => a.layer.order - b.layer.order || a.i - b.i), [first] = inOrder;
      const key = `${view.map.getZoom()}/${first.layer.order}.${first.i}`;
      return opened === key ? fanned(inOrder) : [together(key, one)];
    }).sort((a, b) => (a.layer ? a.layer.order : -1) - (b.layer ? b.layer.order : -1) || a.i - b.i);
  }
  function gatherIn(cells, point) {
    const cell = Math.floor(point.x / CELL) * 2 ** 26 + Math.floor(point.y / CELL); // a number is found faster than a text
    if (cells.has(cell)) { cells.get(cell).push(point); } else { cells.set(cell, [point]); }
  }
  // Places that are taken, by squares of 64 pixels
  function spread() {
    const all = [], squares = new Map(), square = (x, y) => `${Math.floor(x / 64)}/${Math.floor(y / 64)}`;
    return {
      all,
      put(x, y, half, members) {
        const one = {x, y, half, members}, key = square(x, y);
        all.push(one);
        squares.set(key, (squares.get(key) || []).concat(one));
      },
      hit(x, y, half) {
        for (let right = -64; right <= 64; right += 64) {
          for (let down = -64; down <= 64; down += 64) {
            for (const one of squares.get(square(x + right, y + down)) || []) { if (Math.abs(one.x - x) < one.half + half && Math.abs(one.y - y) < one.half + half) { return one; } }
          }
        }
        return null;
      },
    };
  }
  function isChosen({layer, i}) { return Boolean(store.selected) && store.selected.layer === layer && store.selected.i === i; }
  function alone({layer, i}, shift = [0, 0]) {
    const k = layer.paths[layer.objects[i]];
    return {key: `${layer.order}.${i}`, layer, i, latlng: L.latLng(store.lat(layer.py[k]), store.lng(layer.px[k])), shift};
  }
  // Points of one sign that one has opened, in a ring
  function fanned(members) {
    const wide = Math.max(...members.map((point) => Math.max(24, point.layer.styleOf(point.i).size))) + 6, many = members.length;
    const radius = Math.max(wide / 1.5, wide / 2 / Math.sin(Math.PI / many)), zoom = view.map.getZoom(), [{x, y}] = members;
    const latlng = view.map.unproject([x, y], zoom);
    return members.map((point, order) => {
      const turn = 2 * Math.PI * order / many - Math.PI / 2;
      return {...alone(point, [Math.round(radius * Math.cos(turn)), Math.round(radius * Math.sin(turn))]), latlng, key: `f${point.layer.order}.${point.i}`};
    });
  }
  function together(key, {x, y, members}) {
    const [{layer, i}] = members, latlng = view.map.unproject([x, y], view.map.getZoom());
    return {key: `n${key}`, cell: key, members, latlng, shift: [0, 0], ...(members.length < 10 || isChosen(members[0]) ? {layer, i} : {})};
  }

  function make(one) {
    const node = L.DomUtil.create("button", "leaflet-zoom-animated", view.map.getPane("signs"));
    node.type = "button";
    node.append(L.DomUtil.create("span", "ground"), L.DomUtil.create("span", "mark"), L.DomUtil.create("span", "count"));
    node.addEventListener("click", (event) => {
      event.stopPropagation();
      if (!view.map.dragging.moved()) { press(drawn.get(one.key)); }
    });
    ["dblclick", "mousedown"].forEach((name) => node.addEventListener(name, (event) => { if (name === "dblclick") { event.stopPropagation(); } }));
    const tell = () => { const now = drawn.get(one.key); if (now && now.layer) { view.tell(now, view.map.layerPointToLatLng(view.map.latLngToLayerPoint(now.latlng).add(now.shift))); } };
    node.addEventListener("mouseenter", tell);
    node.addEventListener("focus", () => { if (node.matches(":focus-visible")) { tell(); } });
    ["mouseleave", "blur"].forEach((name) => node.addEventListener(name, view.hush));
    return node;
  }
  function dress(node, one) {
    const [ground, mark, count] = node.children, many = one.members ? store.number(one.members.length) : "";
    const layers = [...new Set((one.members || [one]).map((point) => point.layer))], number = !one.layer;
    const alike = layers.length === 1 && layers[0].styles.length === 1;
    const style = number ? {colour: alike ? layers[0].styles[0].colour : "#333333", text: alike ? layers[0].styles[0].text : "#ffffff", dash: [], shape: "number", size: 36} : one.layer.styleOf(one.i);
    const chosen = !number && isChosen(one), text = number ? many : store.titled(style.sign);
    node.className = `sign ${style.shape} leaflet-zoom-animated${chosen ? " chosen" : ""}${one.members ? " many" : ""}`;
    node.dataset.key = number ? "" : one.layer.key;
    const told = one.members ? store.words("cluster", {count: many}) : "";
    const what = number ? layers.map((layer) => store.titled(layer.title)).join(", ") : store.name(one.layer, one.i);
    node.setAttribute("aria-label", told ? `${what}; ${told}` : what);
    node.style.setProperty("--size", `${style.size}px`);
    const dashed = style.dash.length > 0;
    Object.assign(ground.style, {backgroundColor: style.colour, borderStyle: dashed ? "dashed" : "solid", borderColor: dashed ? style.text : ""});
    Object.assign(mark.style, {color: style.text, fontSize: number ? "13px" : `${Math.max(11, Math.round(style.size * 0.54))}px`});
    mark.textContent = text;
    count.textContent = number ? "" : many;
    node.style.zIndex = chosen ? 9999 : number ? 50 : 100 + 100 * one.layer.classes[one.i] + (one.key[0] === "f" ? 5000 : 0);
  }
  function put(node, point, [right, down]) { L.DomUtil.setPosition(node, point.add([right, down]).round()); }

  function press(one) {
    if (!one.members) { store.select({layer: one.layer, i: one.i}, {focus: true}); return; }
    const map = view.map, scale = map.options.crs.scale(map.getZoom()) / 256;
    const xs = one.members.map((point) => point.x / scale), ys = one.members.map((point) => point.y / scale);
    const corner = (x, y) => [store.lat(y), store.lng(x)];
    const box = L.latLngBounds(corner(Math.min(...xs), Math.max(...ys)), corner(Math.max(...xs), Math.min(...ys)));
    const zoom = Math.min(MAX_ZOOM, map.getBoundsZoom(box, false, L.point(60, 60)));
    if (!one.layer && zoom > map.getZoom()) { map.setView(box.getCenter(), Math.min(zoom, map.getZoom() + 3)); } else {
      opened = one.cell;
      draw();
      const first = element(one.members[0]);
      if (first) { first.focus({preventScroll: true}); }
    }
  }

  // While the map zooms, signs go with it
  function follow(event) {
    drawn.forEach((one) => put(one.node, view.map._latLngToNewLayerPoint(one.latlng, event.zoom, event.center), one.shift));
  }
  function element({layer, i}) {
    const own = `${layer.order}.${i}`, one = drawn.get(own) || drawn.get(`f${own}`) || [...drawn.values()].find((other) => other.layer === layer && other.i === i);
    return one ? one.node : null;
  }
  return {draw, follow, element};
})();
