// Ground under the map: drawn from the data (no request at all), or one of three maps of the internet, once somebody chooses it.
const BASES = [
  { key: "grb", zoom: 21, credit: "© Digitaal Vlaanderen", about: "https://www.vlaanderen.be/digitaal-vlaanderen",
    url: "https://geo.api.vlaanderen.be/GRB/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=grb_bsk_grijs&STYLE=&FORMAT=image/png"
      + "&TILEMATRIXSET=GoogleMapsVL&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}" },
  { key: "brt", zoom: 19, credit: "© Kadaster", about: "https://www.pdok.nl",
    url: "https://service.pdok.nl/brt/achtergrondkaart/wmts/v2_0/grijs/EPSG:3857/{z}/{x}/{y}.png" },
  { key: "osm", zoom: 19, credit: "© OpenStreetMap", about: "https://www.openstreetmap.org/copyright",
    url: "https://tile.openstreetmap.org/{z}/{x}/{y}.png" },
];
const FAILURES = 3;

const startBase = () => {
  const map = view.map, drawn = store.layers.filter((layer) => layer.background);
  const credit = byId("base-credit"), room = byId("base").querySelector("div");
  let tiles = null, chosen = "drawn", before = [];

  const mark = () => { for (const box of room.querySelectorAll("[name=base]")) { box.checked = box.value === chosen; } };
  const toDrawn = () => {
    if (tiles) { tiles.remove(); }
    if (chosen !== "drawn") { for (const layer of before) { store.setOn(layer, true); } }
    tiles = null;
    chosen = "drawn";
    credit.replaceChildren();
    map.getContainer().classList.remove("tiled");
    mark();
  };

  const toTiles = (base) => {
    toDrawn();
    const fail = () => { toDrawn(); message("base_failed", { name: store.words(`base_${base.key}`) }); };
    if (!navigator.onLine) { fail(); return; }
    let failed = 0, loaded = 0;
    const own = L.tileLayer(base.url, { maxNativeZoom: base.zoom, maxZoom: 24, referrerPolicy: "strict-origin-when-cross-origin" });
    own.on("tileload", () => { loaded += 1; });
    own.on("tileerror", () => { failed += 1; if (tiles === own && loaded === 0 && failed >= FAILURES) { fail(); } });
    before = drawn.filter((layer) => layer.on);
    for (const layer of before) { store.setOn(layer, false); }
    tiles = own.addTo(map);
    chosen = base.key;
    mark();
    map.getContainer().classList.add("tiled");
    credit.replaceChildren(make("a", { href: base.about, target: "_blank", rel: "noopener noreferrer" }, base.credit));
  };

  const build = () => {
    const choice = (key, take) => make("label", { class: "row" },
      make("input", { type: "radio", name: "base", value: key, checked: key === chosen, change: take }), store.words(`base_${key}`));
    room.replaceChildren(
      make("fieldset", {}, make("legend", { class: "unseen" }, store.words("base")), choice("drawn", () => { byId("message").textContent = ""; toDrawn(); }),
        ...BASES.map((base) => choice(base.key, () => { byId("message").textContent = ""; toTiles(base); }))),
      make("p", { class: "hint" }, store.words("base_note")),
      drawn.length ? make("ul", { class: "plain" }, ...drawn.map((layer) => layerRow(layer, new Set()))) : null);
  };
  addEventListener("offline", () => {
    const base = BASES.find((one) => one.key === chosen);
    if (base) { toDrawn(); message("base_failed", { name: store.words(`base_${base.key}`) }); }
  });
  store.on("lang", build);
  build();
};
