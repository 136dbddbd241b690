// The panel beside the map: language, search, layers with their legend, filters, and how much fits what was chosen.
const MANY = 12; // a list of more values gets a box to search it
const RESULTS = 6;
const NAMED = 5000; // of so many the names are looked at, to put those first that begin with what is sought
const FIRST = ["zone", "theme", "priority_band", "planning", "responsible", "status"]; // what people ask for most

const startPanel = () => {
  const start = store.layers.map((layer) => layer.on);
  startLanguages();
  startLayers();
  const facets = startFilters();
  const search = startSearch();
  const tell = () => {
    const layers = shownLayers().filter((layer) => layer.on);
    const fits = layers.reduce((sum, layer) => sum + layer.matched, 0);
    const total = layers.reduce((sum, layer) => sum + layer.count, 0);
    const text = store.words("matches", { count: store.number(fits), total: store.number(total) });
    if (byId("matches").textContent !== text) { byId("matches").textContent = text; }
    showChosen(facets);
  };
  for (const event of ["lang", "layers", "filter"]) { store.on(event, tell); }
  byId("reset").addEventListener("click", () => {
    search.clear();
    store.setFilters({});
    store.select(null, {});
    view.home();
    store.layers.forEach((layer, place) => { store.setOn(layer, start[place]); });
  });
  fitPaper(view.map);
  if (matchMedia("(max-width: 60rem)").matches) {
    for (const part of document.querySelectorAll("#layers, #filters")) { part.open = false; }
  }
  tell();
  byId("message").textContent = "";
};

// Paper has another shape than the screen: what was in view stays in view.
const fitPaper = (map) => {
  let seen = null;
  addEventListener("beforeprint", () => { seen = { centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() }; });
  matchMedia("print").addEventListener("change", (event) => {
    map.invalidateSize({ animate: false, pan: false });
    if (seen && event.matches) { map.fitBounds(seen.bounds, { animate: false }); }
    if (seen && !event.matches) { map.setView(seen.centre, seen.zoom, { animate: false }); }
  });
};

// Words that stand in the page itself; language names stand in their own language.
const NATIVE = { nl: "Nederlands", en: "English", fr: "Français", de: "Deutsch" };

const startLanguages = () => {
  const buttons = store.langs.map((lang) =>
    make("button", { type: "button", lang, click: () => store.setLang(lang) }, NATIVE[lang] || lang));
  byId("languages").append(...buttons);
  const reword = () => {
    document.documentElement.lang = store.lang;
    for (const node of document.querySelectorAll("[data-word]")) {
      node.textContent = store.words(node.dataset.word, { text: node.dataset.text });
    }
    for (const node of document.querySelectorAll("[data-word-label]")) {
      node.setAttribute("aria-label", store.words(node.dataset.wordLabel));
    }
    for (const node of document.querySelectorAll("[data-free]")) {
      node.lang = store.runLang;
    }
    for (const button of buttons) { button.setAttribute("aria-pressed", String(button.lang === store.lang)); }
  };
  store.on("lang", reword);
  reword();
};

// The list of layers is the legend as well: a check box, what it looks like, and how many objects fit the choice.
const startLayers = () => {
  const tell = () => {
    for (const node of document.querySelectorAll("[data-layer]")) {
      const layer = store.layers[node.dataset.layer], box = node.querySelector("input"), number = node.querySelector(".count");
      box.checked = layer.on;
      node.classList.toggle("off", !layer.on);
      if (number) { number.textContent = store.number(layer.matched); }
    }
  };
  const build = () => {
    const seen = new Set();
    byId("layers").querySelector("ul").replaceChildren(...shownLayers().map((layer) => layerRow(layer, seen)), numberRow());
    tell();
  };
  for (const event of ["layers", "filter"]) { store.on(event, tell); }
  store.on("lang", build);
  build();
};

// What a number on the map means.
const numberRow = () => {
  const look = { colour: "#333333", text: "#ffffff", size: 26, shape: "square", sign: { [store.lang]: store.number(12) } };
  return make("li", { class: "numbers", hidden: !store.layers.some((layer) => layer.sort === "point" && layer.count > 1) },
    swatch("point", look, store.lang), make("span", {}, store.words("cluster_legend")));
};

const layerRow = (layer, seen) => {
  const place = store.layers.indexOf(layer), title = store.titled(layer.title), styles = layer.styles;
  const box = make("input", { type: "checkbox", change: (event) => store.setOn(layer, event.target.checked) });
  const row = make("li", { "data-layer": place }, make("label", { class: "row" }, box,
    styles.length === 1 ? swatch(layer.sort, styles[0], store.lang) : null, datum(title, false),
    layer.background ? null : make("span", { class: "count" })));
  if (layer.near) { row.append(make("p", { class: "hint" }, store.words("near"))); }
  const looks = JSON.stringify([layer.sort, styles]); // layers that look the same share one legend
  if (styles.length > 1 && !seen.has(looks)) {
    seen.add(looks);
    row.append(make("ul", { class: "legend", "aria-label": store.words("legend_of", { layer: title }) },
      ...styles.map((style) => make("li", {}, swatch(layer.sort, style, store.lang), datum(store.titled(style.title), false)))));
  }
  return row;
};

// Values that objects of any layer have for a field that one may filter by, in the order of the list.
const findFacets = () => {
  const facets = new Map();
  for (const layer of shownLayers()) {
    layer.fields.forEach((field, f) => {
      if (!field.facet) { return; }
      const facet = facets.get(field.name) || { name: field.name, field, values: new Map(), uses: new Map() };
      facets.set(field.name, facet);
      facet.uses.set(layer, f);
      for (let i = 0; i < layer.count; i += 1) {
        const value = store.raw(layer, f, i);
        if (value === null || value === undefined || value === "" || facet.values.has(value)) { continue; }
        facet.values.set(value, { text: () => store.text(layer, f, i), order: -1 });
      }
    });
  }
  const place = (facet) => (FIRST.includes(facet.name) ? FIRST.indexOf(facet.name) : FIRST.length);
  return [...facets.values()].filter((facet) => facet.values.size > 1).sort((a, b) => place(a) - place(b));
};

const startFilters = () => {
  const facets = findFacets(), room = byId("filters").querySelector("div");
  byId("filters").hidden = facets.length === 0;
  const tell = () => {
    countValues(facets);
    for (const facet of facets) {
      const wanted = store.filters[facet.name];
      facet.chosen.textContent = wanted && wanted.size ? store.words("count_chosen", { count: store.number(wanted.size) }) : "";
      for (const [value, { box, number, tally }] of facet.values) {
        box.checked = Boolean(wanted && wanted.has(value));
        number.textContent = store.number(tally);
      }
    }
  };
  const build = () => {
    const open = facets.map((facet) => Boolean(facet.node && facet.node.open));
    room.replaceChildren(...facets.map((facet) => facetPart(facet)));
    facets.forEach((facet, place) => { facet.node.open = open[place]; });
    tell();
  };
  for (const event of ["layers", "filter"]) { store.on(event, tell); }
  store.on("lang", build);
  build();
  return facets;
};

const facetPart = (facet) => {
  const title = store.titled(facet.field.title), collator = new Intl.Collator(store.lang, { numeric: true });
  const listed = facet.values.size <= MANY ? ranked(facet.field) : new Map();
  for (const [value, entry] of facet.values) { entry.order = listed.get(String(value)) ?? listed.size; }
  const entries = [...facet.values].sort(([, a], [, b]) => a.order - b.order || collator.compare(a.text(), b.text()));
  const rows = entries.map(([value, entry]) => {
    entry.box = make("input", { type: "checkbox", change: (event) => choose(facet.name, value, event.target.checked) });
    entry.number = make("span", { class: "count" });
    return make("label", { class: "row" }, entry.box, datum(entry.text(), facet.field.type === "text"), entry.number);
  });
  const narrow = make("input", { type: "search", class: "narrow", "aria-label": store.words("narrow", { title }), autocomplete: "off",
    input: () => { const part = plain(narrow.value); for (const row of rows) { row.hidden = !plain(row.textContent).includes(part); } } });
  facet.chosen = make("span", { class: "chosen" });
  facet.node = make("details", { class: "facet" }, make("summary", {}, make("span", {}, title), " ", facet.chosen),
    rows.length > MANY ? narrow : null,
    make("fieldset", {}, make("legend", { class: "unseen" }, title), make("div", { class: rows.length > MANY ? "long" : "" }, ...rows)));
  return facet.node;
};

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const choose = (name, value, on) => {
  const filters = { ...store.filters }, wanted = new Set(filters[name] || []);
  if (on) { wanted.add(value); } else { wanted.delete(value); }
  if (wanted.size) { filters[name] = wanted; } else { delete filters[name]; }
  store.setFilters(filters);
};

// Beside each value stands what choosing it would give: objects that all other filters let through.
const countValues = (facets) => {
  for (const facet of facets) { for (const entry of facet.values.values()) { entry.tally = 0; } }
  for (const layer of shownLayers().filter((one) => one.on)) {
    const own = facets.filter((facet) => facet.uses.has(layer));
    const wanted = own.map((facet) => store.filters[facet.name]), values = own.map(() => null);
    for (let i = 0; i < layer.count; i += 1) {
      if (layer.found && !layer.found[i]) { continue; }
      let fails = 0, failed = -1;
      for (let j = 0; j < own.length; j += 1) {
        values[j] = store.raw(layer, own[j].uses.get(layer), i);
        if (wanted[j] && wanted[j].size && !wanted[j].has(values[j])) { fails += 1; failed = j; }
      }
      if (fails > 1) { continue; }
      for (let j = fails ? failed : 0; j < (fails ? failed + 1 : own.length); j += 1) {
        const entry = own[j].values.get(values[j]);
        if (entry) { entry.tally += 1; }
      }
    }
  }
};

// What was chosen, in one place, each with a button that takes it back.
const showChosen = (facets) => {
  const chips = [], room = byId("chosen"), list = room.querySelector("ul");
  const chip = (text, clear) => chips.push(make("li", {}, make("button",
    { type: "button", "aria-label": store.words("remove", { text }), click: () => { const next = list.contains(document.activeElement); clear();
      if (next) { (list.querySelector("button") || byId("query")).focus(); } } },
    make("bdi", {}, text), make("span", { "aria-hidden": "true" }, " ✕"))));
  for (const facet of facets) {
    for (const value of store.filters[facet.name] || []) {
      const entry = facet.values.get(value);
      chip(store.words("choice", { title: store.titled(facet.field.title), value: entry ? entry.text() : value }),
        () => choose(facet.name, value, false));
    }
  }
  list.replaceChildren(...chips);
  room.hidden = chips.length === 0;
};

const startSearch = () => {
  const box = byId("query"), room = byId("results");
  let waiting = 0;
  const apply = () => {
    const { query, ...filters } = store.filters;
    if ((query || "") !== box.value.trim()) { store.setFilters(box.value.trim() ? { ...filters, query: box.value.trim() } : filters); }
  };
  const now = () => {
    clearTimeout(waiting);
    waiting = 0;
    apply();
  };
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(now, 200); });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    now();
    const first = room.querySelector("button");
    if (first) { first.focus(); }
  });
  const show = () => {
    if (!waiting && document.activeElement !== box) { box.value = store.filters.query || ""; }
    room.hidden = !store.filters.query;
    if (!store.filters.query) { return; }
    const { shown, more } = findResults(plain(store.filters.query));
    room.querySelector("ul").replaceChildren(...shown.map(({ layer, i }) => make("li", {}, make("button",
      { type: "button", click: () => goTo(layer, i) },
      datum(store.name(layer, i), true), make("small", {}, datum(store.titled(layer.title), false))))));
    room.querySelector("p").textContent = more ? store.words("results_more", { count: store.number(more) })
      : shown.length ? "" : store.words("no_results");
  };
  for (const event of ["lang", "filter"]) { store.on(event, show); }
  return { clear: () => { clearTimeout(waiting); waiting = 0; box.value = ""; } };
};

// First those whose name begins with what is sought.
const findResults = (part) => {
  const begin = [], contain = [];
  let total = 0;
  for (const layer of shownLayers()) {
    for (let i = 0; i < layer.count; i += 1) {
      if (!layer.match[i]) { continue; }
      total += 1;
      if (begin.length < RESULTS && total < NAMED && plain(store.name(layer, i)).startsWith(part)) { begin.push({ layer, i }); }
      else if (contain.length < RESULTS) { contain.push({ layer, i }); }
    }
  }
  const shown = [...begin, ...contain].slice(0, RESULTS);
  return { shown, more: total - shown.length };
};

const goTo = (layer, i) => {
  byId("map").scrollIntoView({ block: "nearest" });
  store.select({ layer, i }, { fly: true, focus: true });
};
