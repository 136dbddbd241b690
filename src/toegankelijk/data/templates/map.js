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
