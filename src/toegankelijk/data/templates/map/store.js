// What the page knows: layers of objects with their facts, what is switched on, filtered and selected, and in which language.
const store = (() => {
  const handlers = {};
  const WORLD = 256; // width of the world at zoom 0, in pixels
  const self = {
    langs: [], lang: "", runLang: "", title: "", attribution: "", extent: null, layers: [], filters: {}, selected: null,

    on(event, handler) { (handlers[event] = handlers[event] || []).push(handler); },
    emit(event, ...details) { (handlers[event] || []).forEach((handler) => handler(...details)); },

    // A text of the page itself, in the current language
    words(key, values = {}) {
      const text = self.allWords[self.lang][key];
      if (text === undefined) { throw new Error(`no word ${key}`); }
      const single = self.lang === "fr" ? /^[01](,\d+)?$/ : /^1$/;  // as `labels.label`: {count:job|jobs}
      return text.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (braces, name, one, more) => (
        !(name in values) ? braces : more === undefined ? values[name] : single.test(values[name]) ? one : more));
    },
    number(value, digits = 0) {
      const locale = {nl: "nl-BE", en: "en-GB", fr: "fr-BE", de: "de-DE"}[self.lang] || self.lang;
      return new Intl.NumberFormat(locale, {minimumFractionDigits: digits, maximumFractionDigits: digits}).format(value);
    },
    // A title that has a text per language
    titled(words) { return words[self.lang] || words[self.runLang] || Object.values(words)[0] || ""; },

    raw(layer, f, i) {
      const field = layer.fields[f];
      if (field.numbers) { const value = field.numbers[i]; return value === undefined ? null : value; }
      const code = field.codes ? field.codes[i] : i;
      return code < 0 ? "" : field.values[code];
    },
    text(layer, f, i) {
      const field = layer.fields[f], value = self.raw(layer, f, i);
      if (value === null || value === "") { return ""; }
      if (field.numbers) {
        const text = typeof value === "number" ? self.number(value, field.digits) : value; // infinite values are texts
        return field.unit ? `${text}\u00a0${field.unit}` : text;
      }
      return field.type === "code" ? self.coded(field, value) : value;
    },
    coded(field, code) { return field.words[code] ? self.titled(field.words[code]) : code; },
    // The address of a field of type link, if it is one that may be followed
    link(layer, f, i) {
      const text = self.raw(layer, f, i);
      if (layer.fields[f].type !== "link" || !/^https?:\/\//i.test(text)) { return ""; }
      try { return new URL(text).href; } catch { return ""; }
    },
    name(layer, i) {
      const parts = layer.named.map((f) => self.text(layer, f, i)).filter((text) => text);
      return parts.join(", ") || `${self.titled(layer.title)} ${self.number(i + 1)}`;
    },
    find(key, identity) {
      const layer = self.layers.find((one) => one.key === key);
      if (!layer || !layer.identity) { return null; }
      if (!layer.identities) {
        layer.identities = new Map();
        for (let i = 0; i < layer.count; i++) { layer.identities.set(String(self.raw(layer, layer.fields.findIndex((field) => field.name === layer.identity), i)), i); }
      }
      const i = layer.identities.get(String(identity));
      return i === undefined ? null : {layer, i};
    },

    setLang(lang) {
      if (!self.langs.includes(lang) || lang === self.lang) { return; }
      self.lang = lang;
      document.documentElement.lang = lang;
      self.emit("lang");
    },
    setOn(layer, on) {
      if (layer.on === on) { return; }
      layer.on = on;
      self.emit("layers", layer);
    },
    // By field name a set of values, or {min, max}; `query` is text of which each word is looked for. An empty one filters nothing.
    setFilters(filters) {
      self.filters = filters;
      self.layers.forEach(matchLayer);
      self.emit("filter");
    },
    // `at` is where one pointed; with `fly` the map goes there, with `focus` the focus goes into what tells of it
    select(place, options = {}) {
      self.selected = place;
      if (place && !place.layer.on) { self.setOn(place.layer, true); }
      self.emit("select", options);
    },

    async open() {
      const head = await unpack("data");
      Object.assign(self, {
        langs: head.langs, lang: head.lang, runLang: head.lang, allWords: head.words, title: head.title,
        attribution: head.attribution, extent: head.extent, loaded: false,
      });
      self.layers = head.layers.map(makeLayer);
    },
    // Areas come first: they are what one finds one's way by
    async load(eachLayer) {
      const rank = (layer) => (layer.sort === "area" && !layer.background ? 0 : layer.on ? 1 : 2);
      const order = self.layers.slice().sort((a, b) => rank(a) - rank(b));
      for (const layer of order) {
        fillLayer(layer, await unpack(`data-${layer.order}`));
        eachLayer(layer);
        await new Promise((next) => { setTimeout(next); }); // lets the browser draw
      }
      self.loaded = true;
    },
  };

  async function unpack(id) {
    const text = atob(document.getElementById(id).textContent.trim()), bytes = new Uint8Array(text.length);
    for (let k = 0; k < text.length; k++) { bytes[k] = text.charCodeAt(k); }
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }

  function makeLayer(layer, order) {
    const place = (name) => layer.fields.findIndex((field) => field.name === name);
    return Object.assign(layer, {
      order, on: layer.shown, loaded: false, match: new Uint8Array(layer.count).fill(1), matched: layer.count,
      named: layer.named.map(place), classes: [], found: new Uint8Array(layer.count).fill(1),
      bounds: (i) => boundsOf(layer, i), centre: (i) => centreOf(layer, i), styleOf: (i) => layer.styles[layer.classes[i]],
    });
  }

  function fillLayer(layer, data) {
    layer.classes = data.classes;
    data.fields.forEach((field, f) => Object.assign(layer.fields[f], field));
    Object.assign(layer, placed(data.geometry, layer));
    layer.cells = indexed(layer);
    layer.loaded = true;
    matchLayer(layer);
  }

  // Places of all points on the world's square at zoom 0, the paths that they make, and the paths of each object
  function placed(geometry, layer) {
    const {x, y, scale} = geometry, many = x.length;
    const px = new Float64Array(many), py = new Float64Array(many);
    for (let k = 0, lng = 0, lat = 0; k < many; k++) {
      lng += x[k];
      lat += y[k];
      const sine = Math.sin(lat / scale * Math.PI / 180);
      px[k] = WORLD * (lng / scale / 360 + 0.5);
      py[k] = WORLD * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
    }
    const paths = starts(geometry.sizes, geometry.sizes ? geometry.sizes.length : many);
    const objects = starts(geometry.parts, layer.count);
    const box = new Float64Array(4 * layer.count).fill(NaN);
    for (let i = 0; i < layer.count; i++) {
      let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
      for (let k = paths[objects[i]], end = paths[objects[i + 1]]; k < end; k++) {
        west = Math.min(west, px[k]); east = Math.max(east, px[k]);
        north = Math.min(north, py[k]); south = Math.max(south, py[k]);
      }
      if (east >= west) { box.set([west, north, east, south], 4 * i); }
    }
    return {px, py, paths, objects, box};
  }
  function starts(sizes, many) {
    const at = new Uint32Array(many + 1);
    for (let k = 0; k < many; k++) { at[k + 1] = at[k] + (sizes ? sizes[k] : 1); }
    return at;
  }

  // Objects by the cells of a grid over the layer that they touch
  function indexed(layer) {
    const {box, count} = layer;
    let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
    for (let i = 0; i < count; i++) {
      if (box[4 * i] <= box[4 * i + 2]) {
        west = Math.min(west, box[4 * i]); north = Math.min(north, box[4 * i + 1]);
        east = Math.max(east, box[4 * i + 2]); south = Math.max(south, box[4 * i + 3]);
      }
    }
    const side = Math.max(1, Math.min(128, Math.round(Math.sqrt(count / 4))));
    const wide = (east - west) / side || 1, high = (south - north) / side || 1;
    const range = (from, to, first, step) => [
      Math.max(0, Math.min(side - 1, Math.floor((from - first) / step))), Math.max(0, Math.min(side - 1, Math.floor((to - first) / step))),
    ];
    const each = (i, visit) => {
      if (!(box[4 * i] <= box[4 * i + 2])) { return; }
      const [left, right] = range(box[4 * i], box[4 * i + 2], west, wide), [top, bottom] = range(box[4 * i + 1], box[4 * i + 3], north, high);
      for (let row = top; row <= bottom; row++) { for (let column = left; column <= right; column++) { visit(row * side + column); } }
    };
    const at = new Uint32Array(side * side + 1);
    for (let i = 0; i < count; i++) { each(i, (cell) => { at[cell + 1]++; }); }
    for (let cell = 0; cell < side * side; cell++) { at[cell + 1] += at[cell]; }
    const items = new Uint32Array(at[side * side]), next = at.slice();
    for (let i = 0; i < count; i++) { each(i, (cell) => { items[next[cell]++] = i; }); }
    return {at, items, side, range, west, north, east, south, wide, high, seen: new Uint32Array(count), turn: 0};
  }

  // Objects whose box touches a box of the world at zoom 0, in no order
  self.within = (layer, west, north, east, south) => {
    const {cells, box} = layer, found = [];
    if (!cells || !(west <= cells.east && east >= cells.west && north <= cells.south && south >= cells.north)) { return found; }
    const [left, right] = cells.range(west, east, cells.west, cells.wide), [top, bottom] = cells.range(north, south, cells.north, cells.high);
    const turn = ++cells.turn;
    for (let row = top; row <= bottom; row++) {
      for (let k = cells.at[row * cells.side + left], end = cells.at[row * cells.side + right + 1]; k < end; k++) {
        const i = cells.items[k], b = 4 * i;
        if (cells.seen[i] !== turn) {
          cells.seen[i] = turn;
          if (box[b] <= east && box[b + 2] >= west && box[b + 1] <= south && box[b + 3] >= north) { found.push(i); }
        }
      }
    }
    return found;
  };

  self.lng = (x) => (x / WORLD - 0.5) * 360;
  self.lat = (y) => Math.atan(Math.sinh(Math.PI * (1 - 2 * y / WORLD))) * 180 / Math.PI;
  function boundsOf(layer, i) {
    const [west, north, east, south] = layer.box.subarray(4 * i, 4 * i + 4);
    return west <= east ? [self.lng(west), self.lat(south), self.lng(east), self.lat(north)] : null;
  }
  function centreOf(layer, i) {
    const {px, py, paths, objects} = layer;
    if (!(layer.box[4 * i] <= layer.box[4 * i + 2])) { return null; }
    let [x, y] = [px[paths[objects[i]]], py[paths[objects[i]]]];
    if (layer.sort === "line") { [x, y] = halfway(layer, i); }
    if (layer.sort === "area") { [x, y] = inside(layer, i); }
    return [self.lat(y), self.lng(x)];
  }
  // The middle of the longest path of a line
  function halfway(layer, i) {
    const {px, py, paths, objects} = layer;
    let best = -1, middle = null;
    for (let p = objects[i]; p < objects[i + 1]; p++) {
      let length = 0;
      for (let k = paths[p] + 1; k < paths[p + 1]; k++) { length += Math.hypot(px[k] - px[k - 1], py[k] - py[k - 1]); }
      if (length <= best) { continue; }
      best = length;
      let left = length / 2;
      middle = [px[paths[p]], py[paths[p]]];
      for (let k = paths[p] + 1; k < paths[p + 1]; k++) {
        const step = Math.hypot(px[k] - px[k - 1], py[k] - py[k - 1]);
        if (step >= left && step > 0) {
          middle = [px[k - 1] + (px[k] - px[k - 1]) * left / step, py[k - 1] + (py[k] - py[k - 1]) * left / step];
          break;
        }
        left -= step;
      }
    }
    return middle;
  }
  // The middle of the widest stretch of an area, on the line halfway its height
  function inside(layer, i) {
    const {px, py, paths, objects, box} = layer, crossed = [];
    const y = (box[4 * i + 1] + box[4 * i + 3]) / 2;
    for (let p = objects[i]; p < objects[i + 1]; p++) {
      for (let k = paths[p], before = paths[p + 1] - 1; k < paths[p + 1]; before = k++) {
        if (py[k] > y !== py[before] > y) { crossed.push(px[k] + (px[before] - px[k]) * (y - py[k]) / (py[before] - py[k])); }
      }
    }
    crossed.sort((a, b) => a - b);
    let widest = -1, x = (box[4 * i] + box[4 * i + 2]) / 2;
    for (let k = 0; k + 1 < crossed.length; k += 2) {
      if (crossed[k + 1] - crossed[k] > widest) { widest = crossed[k + 1] - crossed[k]; x = (crossed[k] + crossed[k + 1]) / 2; }
    }
    return [x, y];
  }

  // Text as it is compared in a search: without case and accents
  self.folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  function matchLayer(layer) {
    if (!layer.loaded) { return; }
    const {match, found, count} = layer;
    found.fill(1);
    if (self.filters.query && !layer.background) { searchLayer(layer, self.folded(self.filters.query).split(/\s+/).filter((word) => word)); }
    match.set(found);
    layer.fields.forEach((field) => {
      const wanted = self.filters[field.name];
      if (!wanted || layer.background) { return; }
      if (field.numbers) {
        const {min = -Infinity, max = Infinity} = wanted, set = wanted instanceof Set ? wanted : null;
        const passes = (value) => (set ? !set.size || set.has(value) || set.has(String(value)) : value !== null && value >= min && value <= max);
        for (let i = 0; i < count; i++) { if (!passes(field.numbers[i])) { match[i] = 0; } }
      } else if (wanted.size) {
        const passes = field.values.map((value) => wanted.has(value)), empty = wanted.has("");
        for (let i = 0; i < count; i++) { const code = field.codes ? field.codes[i] : i; if (!(code < 0 ? empty : passes[code])) { match[i] = 0; } }
      }
    });
    layer.matched = match.reduce((sum, one) => sum + one, 0);
  }
  // Values as they are searched, kept from one letter that somebody types to the next
  function foldedValues(field) {
    if (!field.searching || (field.type === "code" && field.searching.lang !== self.lang)) {
      field.searching = {lang: self.lang, texts: field.values.map((value) => self.folded(field.type === "code" ? self.coded(field, value) : value))};
    }
    return field.searching.texts;
  }
  // Each word of the query is in one of the searched fields; a layer without such fields stays as it is
  function searchLayer(layer, words) {
    const searched = layer.fields.filter((field) => field.searched && field.values);
    if (!searched.length) { return; }
    for (const word of words) {
      const hits = searched.map((field) => foldedValues(field).map((text) => text.includes(word)));
      for (let i = 0; i < layer.count; i++) {
        if (layer.found[i] && !searched.some((field, f) => { const code = field.codes ? field.codes[i] : i; return code >= 0 && hits[f][code]; })) { layer.found[i] = 0; }
      }
    }
  }
  return self;
})();
