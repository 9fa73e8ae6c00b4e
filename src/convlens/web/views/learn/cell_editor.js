// One number of a picture by keyboard: its row, its column and its value. The pen does the same faster.

import { element } from "convlens/interface/dom.js";
import { wholeField } from "convlens/views/learn/controls.js";

const LARGEST_GREY = 255;

/** `valueAt(row, column)` is what stands there; `onChange(row, column, value)` is called with another one. */
export function cellEditor({ mistakes, valueAt, onChange }) {
  const state = { row: 14, column: 14 };
  const move = (key) => (place) => {
    state[key] = place;
    refresh();
  };
  const row = wholeField({ label: "Row", value: state.row, least: 0, most: 27, mistakes, onChange: move("row") });
  const column = wholeField({
    label: "Column",
    value: state.column,
    least: 0,
    most: 27,
    mistakes,
    onChange: move("column"),
  });
  const value = wholeField({
    label: "Grey, 0 to 255",
    name: "grey",
    value: 0,
    least: 0,
    most: LARGEST_GREY,
    mistakes,
    onChange: (grey) => onChange(state.row, state.column, grey),
  });
  const root = element(
    "details",
    { class: "cell-editor" },
    element("summary", {}, "One pixel by keyboard"),
    element("div", { class: "fields" }, row.element, column.element, value.element),
  );

  function refresh() {
    const grey = valueAt(state.row, state.column);
    if (grey !== undefined && grey !== value.value) value.set(grey);
  }
  return {
    element: root,
    refresh,
    /** Limits the places to a picture of this size. */
    resize([height, width]) {
      Object.assign(state, { row: Math.min(state.row, height - 1), column: Math.min(state.column, width - 1) });
      row.limit(0, height - 1);
      column.limit(0, width - 1);
      row.set(state.row);
      column.set(state.column);
      refresh();
    },
  };
}
