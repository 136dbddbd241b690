Object.assign(L.Control.Zoom.prototype.options, {zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out});
L.Control.Scale.prototype.options.imperial = false;
var layout = L.Control.Layers.prototype._initLayout;
L.Control.Layers.include({
  _initLayout: function () {
    layout.call(this);
    this._layersLink.title = words.layers;
  }
});
L.Map.addInitHook(function () {
  this.on("popupopen", function (event) {
    var button = event.popup._closeButton;
    if (button) { button.setAttribute("aria-label", words.close); button.title = words.close; }
  });
});
// A label that is larger than its zone would lie over those of its neighbours: it shows once the zone is large enough.
var fitLabel = function (map, label) {
  var box = label._source && label._source.getBounds && label._source.getBounds(), node = label.getElement();
  if (!box || !node) { return; }
  var size = map.latLngToLayerPoint(box.getSouthEast()).subtract(map.latLngToLayerPoint(box.getNorthWest()));
  node.style.visibility = size.x < node.offsetWidth || size.y < node.offsetHeight ? "hidden" : "visible";
};
L.Map.addInitHook(function () {
  this.on("layeradd", function (event) {
    if (event.layer instanceof L.Tooltip && event.layer.options.permanent) { fitLabel(this, event.layer); }
  });
  this.on("zoomend", function () {
    this.eachLayer(function (layer) {
      if (layer instanceof L.Tooltip && layer.options.permanent) { fitLabel(this, layer); }
    }, this);
  });
});
// A gap is a metre wide or less: it shows once one is near enough to see it, and its sign is then seen through.
L.Map.addInitHook(function () {
  var show = function () { this.getContainer().classList.toggle("near", this.getZoom() >= words.near); };
  this.on("zoomend viewreset", show);
});
