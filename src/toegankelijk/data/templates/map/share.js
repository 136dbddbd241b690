// What one sees stands in the address after #, so that a link shows another person the same.
const ADDRESSED = location.protocol !== "about:"; // a page inside another document (a notebook) has no address of its own

const startShare = () => {
  const { map } = view, start = { on: layersOn(), at: null };

  const read = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if ([...wanted].length === 0) { return; }
    const lang = wanted.get("lang");
    if (store.langs.includes(lang) && lang !== store.lang) { store.setLang(lang); }
    if (wanted.has("on")) {
      const on = wanted.get("on").split(",");
      for (const layer of store.layers) { if (layer.on !== on.includes(layer.key)) { store.setOn(layer, on.includes(layer.key)); } }
    }
    store.setFilters(readFilters(wanted));
    const [zoom, lat, lng] = (wanted.get("at") || "").split("/").map(Number);
    if (Number.isFinite(zoom) && Number.isFinite(lat) && Number.isFinite(lng)) { map.setView([lat, lng], zoom, { animate: false }); }
    if (!wanted.has("k")) { return; }
    const [key, ...identity] = wanted.get("k").split("/"), found = store.find(key, identity.join("/"));
    if (!found) { message("share_missing"); return; }
    byId("map").scrollIntoView({ block: "nearest" });
    store.select(found, { fly: !wanted.has("at"), focus: true });
  };

  let waiting = 0;
  const keep = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const hash = viewHash(map, start);
      if (ADDRESSED) { history.replaceState(null, "", hash || location.pathname + location.search); }
    }, 300);
  };
  const parts = [make("p", { class: "hint", "data-word": "share_note" }, store.words("share_note"))];
  const fillPart = () => byId("share").querySelector("div").replaceChildren(
    copyPart("share_view", () => pageAddress() + viewHash(map, { ...start, at: "" })), ...parts);
  store.on("lang", fillPart);
  fillPart();
  byId("share").hidden = !ADDRESSED;
  start.at = placeOf(map);
  read();
  for (const event of ["lang", "layers", "filter", "select"]) { store.on(event, keep); }
  map.on("moveend", keep);
  addEventListener("hashchange", read);
};

const layersOn = () => store.layers.filter((layer) => layer.on).map((layer) => layer.key).join(",");

const placeOf = (map) => {
  const centre = map.getCenter();
  return `${map.getZoom()}/${centre.lat.toFixed(6)}/${centre.lng.toFixed(6)}`;
};

const pageAddress = () => location.href.split("#")[0];

const identityOf = (layer, i) => store.raw(layer, layer.fields.findIndex((field) => field.name === layer.identity), i);

const placeLink = (layer, i) => {
  const wanted = new URLSearchParams({ k: `${layer.key}/${identityOf(layer, i)}` });
  if (store.lang !== store.runLang) { wanted.set("lang", store.lang); }
  return `${pageAddress()}#${wanted}`;
};

const readFilters = (wanted) => {
  const filters = {}, known = new Set(shownLayers().flatMap((layer) => layer.fields.filter((field) => field.facet).map((field) => field.name)));
  for (const [key, value] of wanted) {
    if (key === "q" && value.trim()) { filters.query = value.trim().slice(0, 100); }
    if (!key.startsWith("f.") || !known.has(key.slice(2))) { continue; }
    filters[key.slice(2)] = (filters[key.slice(2)] || new Set()).add(value);
  }
  return filters;
};

// Only what differs from how the page opens.
const viewHash = (map, start) => {
  const wanted = new URLSearchParams(), { query, ...filters } = store.filters;
  const chosen = store.selected && store.selected.layer.identity ? store.selected : null;
  if (chosen) { wanted.set("k", `${chosen.layer.key}/${identityOf(chosen.layer, chosen.i)}`); }
  if (store.lang !== store.runLang) { wanted.set("lang", store.lang); }
  if (query) { wanted.set("q", query); }
  for (const [name, values] of Object.entries(filters)) { for (const value of values) { wanted.append(`f.${name}`, value); } }
  if (layersOn() !== start.on) { wanted.set("on", layersOn()); }
  if (placeOf(map) !== start.at) { wanted.set("at", placeOf(map)); }
  const text = String(wanted);
  return text ? `#${text}` : "";
};

// A button that copies a link, and a field to copy it from by hand where the browser does not let the page.
const copyPart = (word, link) => {
  const field = make("input", { type: "text", readonly: true, hidden: true, "aria-label": store.words("share_field") });
  const told = make("span", { role: "status", class: "told" });
  const button = make("button", { type: "button", click: async () => {
    field.value = link();
    field.hidden = false;
    try {
      await navigator.clipboard.writeText(field.value);
      told.textContent = store.words("copied");
    } catch {
      field.focus();
      field.select();
      told.textContent = store.words("copy_self");
    }
  } }, store.words(word));
  return make("div", { class: "copy" }, button, told, field);
};

const message = (key, values) => { byId("message").textContent = store.words(key, values); };
