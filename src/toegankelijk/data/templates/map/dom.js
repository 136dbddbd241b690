// Elements are made of attributes and text nodes alone: no text of the data is ever read as markup.
const byId = (id) => document.getElementById(id);

const fill = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") { node.addEventListener(name, value); }
    else if (value === true) { node.setAttribute(name, ""); }
    else if (value !== false && value !== null && value !== undefined) { node.setAttribute(name, value); }
  }
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
};

const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

const draw = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// Text of the data: set apart, so that a direction mark in it turns nothing round it; free text keeps the language it is written in.
const datum = (text, free) =>
  make("bdi", { lang: free && store.lang !== store.runLang ? store.runLang : null }, text);

// Layers for the list and the tables: what one sees at first before what is hidden, what lies on top before what lies under it.
const shownLayers = () => {
  const layers = store.layers.filter((layer) => !layer.background).reverse();
  return [...layers.filter((layer) => layer.shown), ...layers.filter((layer) => !layer.shown)];
};

// What an object says of one of its facts; a link is one only if it leads to the web.
const fact = (layer, f, i) => {
  const field = layer.fields[f], text = store.text(layer, f, i), title = store.titled(field.title);
  const address = store.link(layer, f, i);
  if (address) {
    return make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, store.words("open_link", { title }));
  }
  return datum(text, field.type === "text");
};

// Places of the codes of a field in its own order, such as high, middle, low; names and amounts have none and go by their text.
const ranked = (field) => {
  const words = Object.entries(field.words || {}), texts = ([, one]) => Object.values(one);
  const own = words.some((entry) => new Set(texts(entry)).size > 1) && !words.some((entry) => texts(entry).some((text) => /^\d/.test(text)));
  return new Map(own ? words.map(([code], order) => [code, order]) : []);
};

const signShapes = {
  circle: (size) => ({ tag: "circle", cx: size / 2, cy: size / 2, r: size / 2 - 1 }),
  square: (size) => ({ tag: "rect", x: 1, y: 1, width: size - 2, height: size - 2, rx: 2 }),
  diamond: (size) => ({ tag: "path", d: `M${size / 2} 1L${size - 1} ${size / 2}L${size / 2} ${size - 1}L1 ${size / 2}Z` }),
  tag: (size) => ({ tag: "rect", x: 1, y: 1, width: size * 1.6 - 2, height: size - 2, rx: 4 }),
};

const signSwatch = (style, lang) => {
  const size = style.size, wide = style.shape === "tag" ? size * 1.6 : size;
  const { tag, ...place } = (signShapes[style.shape] || signShapes.circle)(size);
  const sign = style.sign[lang];
  return draw("svg", { class: "swatch", width: wide, height: size, viewBox: `0 0 ${wide} ${size}`, "aria-hidden": "true" },
    draw(tag, { ...place, fill: style.colour, stroke: "#222", "stroke-width": 1, "stroke-dasharray": (style.dash || []).join(" ") || null }),
    sign ? draw("text", { x: wide / 2, y: size / 2, fill: style.text, "text-anchor": "middle", "dominant-baseline": "central",
      "font-size": Math.round(size * .55), "font-weight": 700 }, sign) : null);
};

const areaSwatch = (style) => {
  const look = { x: 2, y: 2, width: 30, height: 16, stroke: style.colour, "stroke-width": Math.min(style.width, 4) };
  const dash = (style.dash || []).join(" ") || null, svg = { class: "swatch", width: 34, height: 20, "aria-hidden": "true" };
  const fill = style.hatch ? "url(#hatch)" : style.fill || "none";
  return draw("svg", svg, draw("rect", { ...look, fill, "fill-opacity": style.hatch || style.fill ? style.opacity : null, "stroke-dasharray": dash }));
};

const lineSwatch = (style) =>
  draw("svg", { class: "swatch", width: 34, height: 20, "aria-hidden": "true" },
    draw("path", { d: "M1 10H33", fill: "none", stroke: style.colour, "stroke-width": Math.min(style.width, 8),
      "stroke-opacity": style.opacity, "stroke-dasharray": (style.dash || []).join(" ") || null }));

// What a style looks like on the map, for the legend; the words beside it say what it means.
const swatch = (sort, style, lang) =>
  sort === "point" ? signSwatch(style, lang) : sort === "area" ? areaSwatch(style) : lineSwatch(style);
