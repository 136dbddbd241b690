// All that is on the map as a table under it: one layer at a time, sorted by any column, following search and filters.
const PAGE = 50;
const PRINTED = 500; // rows of one printed table
const LONG = 50; // letters that make a column wide
const PAPER = 8; // columns that fit on paper; more are printed as lines under each other

const startTable = () => {
  const state = { layer: shownLayers()[0], sorted: -1, down: false, page: 0, rows: [], size: PAGE };
  const parts = { choice: make("select", { id: "table-layer" }), label: make("label", { for: "table-layer" }),
    hint: make("p", { class: "hint" }), table: make("table"), caption: make("caption"), head: make("thead"), body: make("tbody"),
    previous: make("button", { type: "button" }), next: make("button", { type: "button" }), told: make("span", { role: "status" }) };
  byId("table-part").hidden = !state.layer;
  if (!state.layer) { return; }
  byId("table-tools").append(make("p", {}, parts.label, " ", parts.choice), parts.hint);
  parts.table.append(parts.caption, parts.head, parts.body);
  byId("table-frame").append(parts.table);
  byId("table-pages").append(parts.previous, parts.told, parts.next);

  const page = () => fillPage(state, parts);
  const rows = () => { state.rows = sortRows(state); page(); };
  const all = () => { writeTools(state, parts); writeHead(state, parts, rows); rows(); };
  const turn = (step) => {
    const last = Math.ceil(state.rows.length / state.size) - 1, to = Math.min(Math.max(state.page + step, 0), Math.max(last, 0));
    if (to !== state.page) { state.page = to; page(); byId("table-frame").scrollTop = 0; }
  };
  parts.choice.addEventListener("change", () => {
    Object.assign(state, { layer: store.layers[parts.choice.value], sorted: -1, down: false, page: 0 });
    all();
  });
  parts.previous.addEventListener("click", () => turn(-1));
  parts.next.addEventListener("click", () => turn(1));
  store.on("lang", all);
  store.on("filter", () => {
    // Nothing of this layer is left: show the first that has something
    const full = state.layer.matched ? null : shownLayers().find((layer) => layer.on && layer.matched);
    if (full) { Object.assign(state, { layer: full, sorted: -1, down: false }); writeHead(state, parts, rows); }
    state.page = 0;
    writeTools(state, parts);
    rows();
  });
  store.on("select", () => markRow(state, parts));
  addEventListener("beforeprint", () => { Object.assign(state, { size: PRINTED, page: 0 }); page(); });
  addEventListener("afterprint", () => { state.size = PAGE; page(); });
  all();
};

const writeTools = (state, parts) => {
  parts.label.textContent = store.words("table_layer");
  parts.hint.textContent = store.words("table_hint");
  parts.previous.textContent = store.words("previous");
  parts.next.textContent = store.words("next");
  parts.choice.replaceChildren(...shownLayers().map((layer) => {
    const text = `${store.titled(layer.title)} (${store.number(layer.matched)})`;
    return make("option", { value: store.layers.indexOf(layer), selected: layer === state.layer }, text);
  }));
};

const columns = (layer) => layer.fields.map((field, f) => f).filter((f) => layer.fields[f].table);

const writeHead = (state, parts, rows) => {
  const heads = columns(state.layer).map((f) => {
    const field = state.layer.fields[f];
    const head = make("th", { scope: "col", class: field.type === "number" ? "n" : null, "aria-sort": "none" });
    head.append(make("button", { type: "button", click: () => {
      Object.assign(state, { down: state.sorted === f && !state.down, sorted: f, page: 0 });
      for (const other of heads) { other.setAttribute("aria-sort", "none"); }
      head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      rows();
    } }, store.titled(field.title), make("span", { class: "order", "aria-hidden": "true" })));
    if (state.sorted === f) { head.setAttribute("aria-sort", state.down ? "descending" : "ascending"); }
    return head;
  });
  parts.table.classList.toggle("many", heads.length > PAPER);
  parts.head.replaceChildren(make("tr", {}, make("th", { scope: "col" }, store.words("on_map")), ...heads));
};

// Objects that fit the choice; those without the fact by which one sorts come last, whichever way it goes.
const sortRows = ({ layer, sorted, down }) => {
  const rows = [];
  for (let i = 0; i < layer.count; i += 1) { if (layer.match[i]) { rows.push(i); } }
  if (sorted < 0) { return rows; }
  const values = rows.map((i) => store.raw(layer, sorted, i)), numeric = layer.fields[sorted].type === "number";
  const ranks = numeric ? null : rankTexts(layer, sorted, rows, values);
  const keys = new Map(rows.map((i, place) => [i, numeric ? toNumber(values[place]) : ranks.get(values[place])]));
  const way = down ? -1 : 1;
  return rows.sort((a, b) => {
    const one = keys.get(a), other = keys.get(b);
    if (Number.isNaN(one) || Number.isNaN(other)) { return Number.isNaN(one) - Number.isNaN(other) || a - b; }
    return way * (one - other) || a - b;
  });
};

const toNumber = (value) => (value === null || value === undefined || value === "" ? NaN : Number(value));

// Codes keep the order in which their words are listed (high, middle, low); texts go by the alphabet of the language.
const rankTexts = (layer, f, rows, values) => {
  const texts = new Map();
  values.forEach((value, place) => { if (!texts.has(value)) { texts.set(value, store.text(layer, f, rows[place])); } });
  const listed = ranked(layer.fields[f]), collator = new Intl.Collator(store.lang, { numeric: true });
  const order = [...texts].filter(([, text]) => text !== "").sort(([a, one], [b, other]) =>
    (listed.get(String(a)) ?? 0) - (listed.get(String(b)) ?? 0) || collator.compare(one, other));
  const ranks = new Map(order.map(([value], place) => [value, place]));
  for (const [value, text] of texts) { if (text === "") { ranks.set(value, NaN); } }
  return ranks;
};

const fillPage = (state, parts) => {
  const { layer, rows, size } = state, first = state.page * size, part = rows.slice(first, first + size);
  parts.body.replaceChildren(...part.map((i) => tableRow(layer, i)));
  const name = store.titled(layer.title), pages = Math.max(Math.ceil(rows.length / size), 1);
  parts.caption.textContent = rows.length ? store.words("table_caption", { layer: name, first: store.number(first + 1),
    last: store.number(first + part.length), count: store.number(rows.length) }) : store.words("table_none", { layer: name });
  parts.told.textContent = store.words("page", { page: store.number(state.page + 1), pages: store.number(pages) });
  byId("table-pages").hidden = pages < 2;
  // Still in the tab order at the ends: a button that goes away under one's finger loses one's place
  parts.previous.setAttribute("aria-disabled", String(state.page === 0));
  parts.next.setAttribute("aria-disabled", String(state.page === pages - 1));
  markRow(state, parts);
};

const tableRow = (layer, i) => {
  const name = store.name(layer, i), first = columns(layer)[0];
  const show = layer.bounds(i) ? make("button", { type: "button", "aria-label": store.words("show_place", { name }),
    click: () => goTo(layer, i) }, store.words("show")) : make("span", { class: "hint" }, store.words("no_place"));
  return make("tr", { "data-row": i }, make("td", {}, show), ...columns(layer).map((f) => {
    const numeric = layer.fields[f].type === "number";
    const text = store.text(layer, f, i), wide = text.length > LONG ? "wide" : null;
    const cell = { scope: f === first ? "row" : null, class: numeric ? "n" : wide, "data-title": store.titled(layer.fields[f].title) };
    return make(f === first ? "th" : "td", cell, text === "" ? null : fact(layer, f, i));
  }));
};

const markRow = (state, parts) => {
  const chosen = store.selected && store.selected.layer === state.layer ? String(store.selected.i) : "";
  for (const row of parts.body.rows) {
    if (row.dataset.row === chosen) { row.setAttribute("aria-current", "true"); } else { row.removeAttribute("aria-current"); }
  }
};
