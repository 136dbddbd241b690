// The map itself: areas, lines, signs and names, from the layers of the store.
const MAX_SIGNS = 150; // more signs in view than this show as their number where they are crowded
const MAX_PATHS = 300; // layers with more lines or areas than this are drawn as one picture, without a stop for the keyboard on each
const CELL = 76; // pixels between numbers of crowded signs
const MAX_ZOOM = 24; // there a gap of 0.80 m is 136 pixels long at 51 degrees north
const NEAR = 18; // layers that show from here on have objects of a metre or less: signs stand above their spot, not on it
const REACH = 7; // pixels from a line that still hit it

const view = (() => {
  const self = {map: null, start, add, fly, refresh};
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const grids = {};
  let zoomButtons, tip;

  function start() {
    const motion = {fadeAnimation: false, zoomAnimation: !still, markerZoomAnimation: !still, inertia: !still};
    const map = self.map = L.map("map", {zoomSnap: 0.5, maxZoom: MAX_ZOOM, zoomControl: false, attributionControl: false, ...motion});
    [["ground", 250], ["areas", 300], ["paths", 400], ["letters", 410], ["bands", 415], ["lines", 420], ["near", 440], ["chosen", 460], ["names", 590], ["signs", 600]].forEach(([name, order]) => {
      map.createPane(name).style.zIndex = order;
    });
    map.getPane("letters").style.pointerEvents = map.getPane("lines").style.pointerEvents = map.getPane("names").style.pointerEvents = "none";
    zoomButtons = L.control.zoom({position: "bottomright"}).addTo(map);
    L.control.scale({imperial: false}).addTo(map);
    tip = L.tooltip({direction: "top", offset: [0, -12], className: "told", opacity: 1});
    home();
    grids.ground = grid("ground", (layer) => layer.background);
    grids.areas = grid("areas", (layer) => !layer.background && layer.sort === "area" && !separate(layer));
    grids.letters = grid("letters", (layer) => layer.background, lettering.names);
    grids.lines = grid("lines", (layer) => !layer.background && layer.sort === "line" && !separate(layer));
    map.on("moveend", moved).on("click", clicked).on("mousemove", pointed).on("mouseout", () => map.closeTooltip(tip));
    map.on("zoomanim", signs.follow).on("move", paths.follow);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") { map.closeTooltip(tip); } });
    store.on("layers", refresh);
    store.on("filter", refresh);
    store.on("lang", () => { words(); paths.rename(); names.draw(); signs.draw(); });
    store.on("select", chosen);
    words();
  }

  function home() {
    const [west, south, east, north] = store.extent;
    self.map.fitBounds([[south, west], [north, east]], {padding: [20, 20], maxZoom: 21, animate: false});
  }

  // Leaflet's own buttons, in the current language
  function words() {
    [[zoomButtons._zoomInButton, "zoom_in"], [zoomButtons._zoomOutButton, "zoom_out"]].forEach(([button, key]) => {
      button.title = store.words(key);
      button.setAttribute("aria-label", store.words(key));
    });
  }

  function add(layer) {
    if (layer.loaded && layer.on) { refresh(layer); }
  }

  // Whether each object of a layer is an element of its own, that the keyboard reaches
  function separate(layer) { return !layer.background && layer.sort !== "point" && (layer.count <= MAX_PATHS || layer.near >= NEAR); }
  function seen(layer) { return layer.loaded && layer.on && self.map.getZoom() >= layer.near; }

  function refresh(layer) {
    const kind = layer && (layer.background ? "ground" : separate(layer) || layer.sort === "point" ? "" : layer.sort === "area" ? "areas" : "lines");
    Object.entries(grids).forEach(([name, one]) => { if (!layer || name === kind || (name === "letters" && kind === "ground")) { one.repaint(); } });
    moved();
  }
  function moved() {
    paths.draw();
    names.draw();
    signs.draw();
  }

  // The world at zoom 0 that is in view, with a margin in pixels
  function window_(margin = 0) {
    const box = self.map.getPixelBounds(), scale = self.map.options.crs.scale(self.map.getZoom()) / 256;
    return [(box.min.x - margin) / scale, (box.min.y - margin) / scale, (box.max.x + margin) / scale, (box.max.y + margin) / scale];
  }

  // Pictures of many lines and areas, in tiles
  function grid(pane, holds, paints = painting.layer) {
    const Grid = L.GridLayer.extend({
      createTile(coords, done) {
        const tile = L.DomUtil.create("canvas"), ratio = window.devicePixelRatio || 1, {x: size} = this.getTileSize();
        tile.width = tile.height = size * ratio;
        later(this.painter(tile, coords, () => done(null, tile)));
        return tile;
      },
      // Tiles of the very zoom, also a half one, so that lines are sharp
      _setView(center, zoom, noPrune, noUpdate) {
        const visible = zoom >= 0 && zoom <= MAX_ZOOM;
        const changed = this.options.updateWhenZooming && zoom !== this._tileZoom;
        if (!noUpdate || changed) {
          this._tileZoom = visible ? zoom : undefined;
          if (this._abortLoading) { this._abortLoading(); }
          this._updateLevels();
          this._resetGrid();
          if (visible) { this._update(center); }
          if (!noPrune) { this._pruneTiles(); }
          this._noPrune = Boolean(noPrune);
        }
        this._setZoomTransforms(center, zoom);
      },
      // A tile that is painted anew stays as it was until all of it is done
      *painter(tile, coords, done) {
        yield;
        const shown = tile.dataset.painted, canvas = shown ? document.createElement("canvas") : tile;
        if (!tile.isConnected) { return; }
        Object.assign(canvas, {width: tile.width, height: tile.height});
        const context = canvas.getContext("2d", {willReadFrequently: true});
        for (const _ of this.paint(canvas, coords)) {
          if (!tile.isConnected) { return; }
          context.getImageData(0, 0, 1, 1); // browsers put painting off: this has it done now, so that we know how long it takes
          yield;
        }
        if (shown) {
          const old = tile.getContext("2d");
          old.setTransform(1, 0, 0, 1, 0, 0);
          old.clearRect(0, 0, tile.width, tile.height);
          old.drawImage(canvas, 0, 0);
        }
        tile.dataset.painted = "yes";
        done();
      },
      *paint(tile, coords) {
        const ratio = window.devicePixelRatio || 1, size = this.getTileSize().x, context = tile.getContext("2d");
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        const frame = {scale: this._map.options.crs.scale(coords.z) / 256, x: coords.x * size, y: coords.y * size, size, zoom: coords.z};
        for (const layer of store.layers.filter((one) => one.loaded && one.on && holds(one) && coords.z >= one.near)) { yield* paints(context, layer, frame); }
      },
      repaint() {
        Object.values(this._tiles).forEach(({el, coords}) => later(this.painter(el, coords, () => {}), el));
      },
    });
    return new Grid({pane, tileSize: 512, updateWhenZooming: false, updateWhenIdle: false, keepBuffer: 1, maxZoom: MAX_ZOOM}).addTo(self.map);
  }

  // Work that is done between frames, a few milliseconds at a time; what is asked anew of the same thing takes the place of the first
  let waiting = [];
  function later(work, about) {
    if (about) { waiting = waiting.filter((one) => one.about !== about); }
    waiting.push({work, about});
    if (waiting.length === 1) { requestAnimationFrame(workOn); }
  }
  function workOn() {
    const until = performance.now() + 14;
    while (waiting.length && performance.now() < until) { if (waiting[0].work.next().done) { waiting.shift(); } }
    if (waiting.length) { requestAnimationFrame(workOn); }
  }

  // Lines and areas of small layers, and of those that only show from near: an element each
  const paths = (() => {
    const drawn = new Map();
    let renderers = null;
    function wanted() {
      const list = new Map(), box = window_(200);
      store.layers.forEach((layer, order) => {
        if (!seen(layer) || !separate(layer)) { return; }
        let items = Array.from({length: layer.count}, (_, i) => i);
        if (layer.count > MAX_PATHS) { items = store.within(layer, ...box).sort((a, b) => a - b); }
        items.filter((i) => layer.match[i] && layer.objects[i] < layer.objects[i + 1]).slice(0, MAX_PATHS).forEach((i) => list.set(`${order}/${i}`, {layer, i}));
      });
      return list;
    }
    function draw() {
      renderers = renderers || Object.fromEntries(["paths", "bands", "near"].map((pane) => [pane, L.svg({pane, padding: 0})]));
      const list = wanted();
      drawn.forEach((path, key) => { if (!list.has(key)) { path.remove(); drawn.delete(key); } });
      list.forEach((place, key) => { if (!drawn.has(key)) { drawn.set(key, make(place)); } });
      inOrder([...list.keys()]);
      drawn.forEach(fade);
    }
    // As the layers lie over one another, also those that were switched on later
    function inOrder(keys) {
      const last = new Map();
      keys.map((key) => drawn.get(key).getElement()).forEach((node) => {
        const room = node.parentNode, before = last.get(room), next = before ? before.nextSibling : room.firstChild;
        if (next !== node) { room.insertBefore(node, next); }
        last.set(room, node);
      });
    }
    // Far away lines are thin, and an area that one is right in is known by its edge: its fill would only hide the ground
    function fade(path) {
      const {layer, i} = path.place, style = layer.styleOf(i);
      if (layer.sort === "line") { path.getElement().setAttribute("stroke-width", style.width * painting.thinner(self.map.getZoom())); }
      if (layer.sort !== "area" || !(style.fill || style.hatch)) { return; }
      const [west, north, east, south] = layer.box.subarray(4 * i, 4 * i + 4), scale = self.map.options.crs.scale(self.map.getZoom()) / 256;
      const {x, y} = self.map.getSize(), times = Math.min((east - west) * scale / x, (south - north) * scale / y);
      path.getElement().setAttribute("fill-opacity", style.opacity * Math.min(1, Math.max(0.2, 1.4 - times / 2)));
    }
    function make({layer, i}) {
      const style = layer.styleOf(i), area = layer.sort === "area";
      const look = {
        renderer: area ? renderers.paths : layer.near >= NEAR ? renderers.near : renderers.bands, color: style.colour, weight: style.width,
        opacity: area ? 1 : style.opacity, stroke: style.width > 0, lineCap: style.dash.length ? "butt" : "round", dashArray: style.dash.length ? style.dash.join(" ") : null, smoothFactor: 0.5,
        fill: area, fillColor: style.hatch ? "url(#hatch)" : style.fill || style.colour, fillOpacity: style.fill || style.hatch ? style.opacity : 0,
      };
      const path = L[area ? "polygon" : "polyline"](places(layer, i), look).addTo(self.map);
      const node = path.getElement();
      node.setAttribute("role", "button");
      node.setAttribute("tabindex", "0");
      node.setAttribute("aria-label", store.name(layer, i));
      node.dataset.key = layer.key;
      node.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          store.select({layer, i}, {focus: true});
        }
      });
      node.addEventListener("click", (event) => { if (!event.detail) { store.select({layer, i}, {focus: true}); } }); // not by pointer
      node.addEventListener("focus", () => { if (node.matches(":focus-visible")) { tell({layer, i}, L.latLng(layer.centre(i))); } });
      node.addEventListener("blur", () => self.map.closeTooltip(tip));
      Object.assign(path, {place: {layer, i}});
      return path;
    }
    function rename() {
      drawn.forEach((path) => path.getElement().setAttribute("aria-label", store.name(path.place.layer, path.place.i)));
    }
    // While one drags the map, what comes into view is drawn at once
    let following = 0;
    function follow() {
      if (following || !renderers) { return; }
      following = requestAnimationFrame(() => {
        following = 0;
        Object.values(renderers).forEach((one) => { if (one._map) { one._update(); } });
      });
    }
    function element({layer, i}) {
      const path = drawn.get(`${layer.order}/${i}`);
      return path ? path.getElement() : null;
    }
    return {draw, rename, follow, element};
  })();
  function places(layer, i) {
    const rings = [];
    for (let p = layer.objects[i]; p < layer.objects[i + 1]; p++) {
      const ring = [];
      for (let k = layer.paths[p]; k < layer.paths[p + 1]; k++) { ring.push([store.lat(layer.py[k]), store.lng(layer.px[k])]); }
      rings.push(ring);
    }
    return rings;
  }

  // Names that stand on the map, where they fit in what they name
  const names = (() => {
    let drawn = [];
    function draw() {
      drawn.forEach((node) => node.remove());
      drawn = [];
      const box = window_(), scale = self.map.options.crs.scale(self.map.getZoom()) / 256;
      store.layers.filter((layer) => layer.labelled && seen(layer)).forEach((layer) => {
        store.within(layer, ...box).sort((a, b) => a - b).filter((i) => layer.match[i]).slice(0, MAX_PATHS).forEach((i) => {
          const node = L.DomUtil.create("div", "name", self.map.getPane("names"));
          node.textContent = store.name(layer, i);
          node.setAttribute("aria-hidden", "true");
          const [west, north, east, south] = layer.box.subarray(4 * i, 4 * i + 4);
          const fits = layer.sort === "point" || (node.offsetWidth <= (east - west) * scale && node.offsetHeight <= (south - north) * scale);
          if (!fits) { node.remove(); return; }
          L.DomUtil.setPosition(node, self.map.latLngToLayerPoint(layer.centre(i)).subtract([node.offsetWidth / 2, node.offsetHeight / 2]).round());
          drawn.push(node);
        });
      });
    }
    return {draw, hide: () => { drawn.forEach((node) => node.remove()); drawn = []; }};
  })();

  // A short name at the pointer, or at what has the focus
  function tell({layer, i}, at) {
    const node = document.createElement("bdi");
    node.textContent = store.name(layer, i);
    tip.setLatLng(at).setContent(node);
    if (!self.map.hasLayer(tip)) { self.map.openTooltip(tip); }
  }
  self.tell = tell;
  self.hush = () => self.map.closeTooltip(tip);

  // What lies under a point of the map, the topmost first: lines, then areas
  function under(latlng, reach) {
    const map = self.map, scale = map.options.crs.scale(map.getZoom()) / 256, at = map.options.crs.latLngToPoint(latlng, 0);
    const far = reach / scale, rank = {line: 0, area: 1};
    const hit = store.layers.filter((layer) => layer.sort !== "point" && !layer.background && seen(layer)).reverse();
    for (const layer of hit.sort((a, b) => rank[a.sort] - rank[b.sort])) {
      const found = store.within(layer, at.x - far, at.y - far, at.x + far, at.y + far).filter((i) => layer.match[i]);
      const near = found.map((i) => [i, layer.sort === "line" ? painting.distance(layer, i, at) : painting.holds(layer, i, at) ? 0 : Infinity]);
      const best = near.sort((a, b) => a[1] - b[1] || b[0] - a[0])[0];
      if (best && best[1] <= far) { return {layer, i: best[0]}; }
    }
    return null;
  }
  function clicked(event) {
    const coarse = event.originalEvent && event.originalEvent.pointerType === "touch";
    const place = under(event.latlng, coarse ? 2 * REACH : REACH);
    if (place) { store.select({...place, at: [event.latlng.lat, event.latlng.lng]}, {focus: true}); }
  }
  let pointing = 0;
  function pointed(event) {
    cancelAnimationFrame(pointing);
    if (event.originalEvent.target.closest(".sign")) { return; }
    pointing = requestAnimationFrame(() => {
      const place = under(event.latlng, REACH);
      self.map.getContainer().classList.toggle("over", Boolean(place));
      if (place) { tell(place, event.latlng); } else { self.map.closeTooltip(tip); }
    });
  }

  function fly({layer, i}) {
    const box = layer.bounds(i);
    if (!box) { return; }
    const [west, south, east, north] = box, map = self.map;
    const zoom = Math.max(layer.near, layer.sort === "point" ? Math.max(map.getZoom(), 18) : Math.min(20, map.getBoundsZoom([[south, west], [north, east]])));
    map.setView(layer.centre(i), zoom, {animate: false});
  }
  let halo = null;
  function chosen({fly: going = false} = {}) {
    const place = store.selected;
    if (halo) { halo.remove(); halo = null; }
    if (place && going) { fly(place); }
    if (place && place.layer.sort !== "point") {
      const look = {pane: "chosen", renderer: L.svg({pane: "chosen", padding: 0}), interactive: false, fill: false, className: "chosen"};
      const rings = places(place.layer, place.i);
      halo = L.layerGroup([["#fff", 9], ["#111", 5], ["#ffd500", 2.5]].map(([color, weight]) => (
        L[place.layer.sort === "area" ? "polygon" : "polyline"](rings, {...look, color, weight})))).addTo(self.map);
    }
    signs.draw();
  }
  self.under = under;
  self.home = home;
  self.window = window_;
  self.seen = seen;
  self.element = (place) => (place.layer.sort === "point" ? signs.element(place) : paths.element(place));
  self.focus = (place) => {
    const node = self.element(place);
    if (node) { node.focus({preventScroll: true}); }
    return Boolean(node);
  };
  return self;
})();
