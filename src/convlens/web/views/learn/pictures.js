// A matrix that is too large for numbers: one pixel a number, with the window and what nothing reads drawn over it.

import { divergingTable, greyTable } from "convlens/interface/colours.js";
import { element, fill, svg } from "convlens/interface/dom.js";
import { newId } from "convlens/views/learn/controls.js";

/**
 * A picture called `name`. `onPick(row, column)` is called where it is clicked, `onPaint(row, column, first)` along a
 * stroke. `show(values, look)` takes what `matrixView` takes.
 */
export function pictureOf({ name, onPick = null, onPaint = null }) {
  const canvas = element("canvas", { role: "img", "aria-label": name });
  const overlay = svg("svg", { class: "overlay", "aria-hidden": "true", preserveAspectRatio: "none" });
  const root = element("div", { class: "picture" }, canvas, overlay);
  const picture = { name, canvas, overlay, root, pattern: newId("hatching"), around: [0, 0] };
  if (onPaint) followStroke(picture, onPaint);
  else if (onPick) {
    root.classList.add("pickable");
    root.addEventListener("click", (event) => onPick(...placeUnder(picture, event)));
  }
  return { element: root, show: (values, look) => showPicture(picture, values, look) };
}

function showPicture(picture, values, look) {
  const [down, across] = look.around ?? [0, 0];
  const [height, width] = [values.length + 2 * down, values[0].length + 2 * across];
  const { canvas, overlay, root } = picture;
  Object.assign(picture, { around: [down, across], height, width });
  [canvas.width, canvas.height] = [width, height];
  root.style.setProperty("--columns", width);
  root.style.setProperty("--rows", height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const [table, factor, zero] = look.grey
    ? [greyTable(), 1, 0]
    : [divergingTable(), look.limit > 0 ? 255 / look.limit : 0, 255];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [row, column] = [y - down, x - across];
      const value = values[row]?.[column] ?? look.filling?.(row, column) ?? null;
      if (value === null || look.hidden?.(row, column)) continue;
      words[y * width + x] = table[Math.max(0, Math.min(table.length - 1, Math.round(value * factor) + zero))];
    }
  }
  context.putImageData(image, 0, 0);
  canvas.setAttribute("aria-label", `${picture.name}: a picture of ${values.length}×${values[0].length} numbers`);
  overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
  fill(overlay, drawOver(picture, values, look));
}

function drawOver({ pattern, around: [down, across], height, width }, values, look) {
  const box = (row, column, high, wide, name) =>
    svg("rect", { x: column + across, y: row + down, width: wide, height: high, class: name });
  const parts = [];
  if (down || across) parts.push(box(0, 0, values.length, values[0].length, "inside"));
  if (look.unread) {
    parts.push(
      svg(
        "pattern",
        { id: pattern, width: 0.7, height: 0.7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("rect", { width: 0.25, height: 0.7, class: "hatch" }),
      ),
    );
    const hatched = [
      ...[...look.unread.rows].map((row) => box(row, 0, 1, values[0].length, "unread")),
      ...[...look.unread.columns].map((column) => box(0, column, values.length, 1, "unread")),
    ];
    hatched.forEach((one) => one.setAttribute("fill", `url(#${pattern})`));
    parts.push(hatched);
  }
  if (look.window) {
    const { rows, columns } = look.window;
    const [high, wide] = [rows.at(-1) - rows[0] + 1, columns.at(-1) - columns[0] + 1];
    for (const name of ["window-edge", "window"]) parts.push(box(rows[0], columns[0], high, wide, name));
    if (high > rows.length || wide > columns.length)
      rows.forEach((row) => columns.forEach((column) => parts.push(box(row, column, 1, 1, "tap"))));
  }
  if (look.chosen) for (const name of ["window-edge", "window"]) parts.push(box(...look.chosen, 1, 1, name));
  return parts;
}

function placeUnder({ root, around: [down, across], height, width }, event) {
  const box = root.getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * height) - down;
  const column = Math.floor(((event.clientX - box.left) / box.width) * width) - across;
  return [row, column];
}

function followStroke(picture, onPaint) {
  const { root } = picture;
  let [painting, last] = [false, null];
  root.classList.add("paintable");
  root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    root.setPointerCapture(event.pointerId);
    [painting, last] = [true, placeUnder(picture, event)];
    onPaint(last, last);
    event.preventDefault();
  });
  root.addEventListener("pointermove", (event) => {
    if (!painting) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const place = placeUnder(picture, one);
      onPaint(last, place);
      last = place;
    }
  });
  for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, () => (painting = false));
}
