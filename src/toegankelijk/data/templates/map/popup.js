// The window that tells all of one object. Focus goes into it, Escape closes it, and focus goes back to where it came from.
const EDGE = 8; // pixels between the window and the edge of the map
const BUTTONS = 100; // height of the buttons at its bottom

const startPopup = () => {
  const { map } = view, popup = L.popup({ closeButton: true, autoPan: false });
  let origin = null, shown = null;

  const write = () => {
    popup.setContent(describe(shown));
    const node = popup.getElement();
    if (!node) { return; }
    node.setAttribute("role", "dialog");
    node.setAttribute("aria-labelledby", "popup-title");
    const close = node.querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", store.words("close"));
    close.title = store.words("close");
    close.querySelector("span")?.setAttribute("aria-hidden", "true");
  };

  // As large as the map has room for, above its buttons.
  const fit = () => {
    const size = map.getSize();
    popup.options.maxWidth = Math.max(Math.min(380, size.x - 50), 160);
    popup.options.minWidth = Math.min(240, popup.options.maxWidth);
    popup.options.maxHeight = Math.max(Math.min(520, size.y - BUTTONS - 80), 110);
  };

  // The whole window comes into view at once, above the buttons; Leaflet would slide to it, also for who wants nothing to move.
  const pan = () => {
    const box = popup.getElement().getBoundingClientRect(), all = map.getContainer().getBoundingClientRect();
    const right = Math.min(box.left - all.left - EDGE, 0) || Math.max(box.right - all.right + EDGE, 0);
    const down = Math.min(box.top - all.top - EDGE, 0) || Math.max(box.bottom - all.bottom + BUTTONS, 0);
    if (right || down) { map.panBy([right, down], { animate: false }); }
  };

  const show = (target, options) => {
    const place = target.at || target.layer.centre(target.i);
    if (!place) { return; }
    if (!shown || !map.getContainer().contains(document.activeElement)) { origin = document.activeElement; }
    shown = target;
    fit();
    popup.setLatLng(place);
    write();
    if (!popup.isOpen()) { popup.openOn(map); }
    write();
    pan();
    if (options.focus !== false) { byId("popup-title").focus({ preventScroll: true }); }
  };

  const leave = () => {
    const from = origin, last = shown;
    origin = shown = null;
    if (!last) { return; }
    const inside = !document.activeElement || document.activeElement === document.body || map.getContainer().contains(document.activeElement);
    if (!inside) { return; }
    if (from && from.isConnected && from !== document.body && from !== map.getContainer()) { from.focus(); }
    else if (!view.focus(last)) { map.getContainer().focus({ preventScroll: true }); }
  };

  map.on("popupclose", (event) => {
    if (event.popup !== popup) { return; }
    leave();
    if (store.selected) { store.select(null, {}); }
  });
  store.on("select", (options = {}) => { if (store.selected) { show(store.selected, options); } else if (popup.isOpen()) { map.closePopup(popup); } });
  store.on("lang", () => { if (shown) { write(); } });
  store.on("layers", () => { if (shown && !shown.layer.on) { map.closePopup(popup); } });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && popup.isOpen() && map.getContainer().contains(document.activeElement)) {
      event.preventDefault();
      map.closePopup(popup);
    }
  });
};

const describe = ({ layer, i }) => {
  const style = layer.styleOf(i), title = store.titled(layer.title), look = store.titled(style.title);
  const rows = layer.fields.map((field, f) => (field.popup && store.text(layer, f, i) !== "" ? make("div", {},
    make("dt", {}, store.titled(field.title)), make("dd", {}, fact(layer, f, i))) : null));
  return make("div", { class: "facts" },
    make("h3", { id: "popup-title", tabindex: "-1" }, datum(store.name(layer, i), true)),
    make("p", { class: "what" }, swatch(layer.sort, style, store.lang), " ", datum(look && look !== title ? `${title} – ${look}` : title, false)),
    make("dl", {}, ...rows.filter(Boolean)),
    layer.identity && ADDRESSED ? copyPart("share_place", () => placeLink(layer, i)) : null);
};
