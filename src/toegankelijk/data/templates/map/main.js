// The page starts: areas first, then all else, then what one handles it with.
const start = async () => {
  const note = byId("message");
  if (typeof DecompressionStream === "undefined") {
    note.textContent = note.dataset.old;
    return;
  }
  try {
    await store.open();
    view.start();
    await store.load(view.add);
    note.textContent = "";
    startPanel();
    startPopup();
    startTable();
    startBase();
    startShare();
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    note.textContent = note.dataset.failed;
    throw error;
  }
};
window.toegankelijk = {store, view};
start();
