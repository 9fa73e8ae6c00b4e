/** Makes elements in one call. Text is never parsed as HTML, since names and messages come from outside the page. */

const SVG = "http://www.w3.org/2000/svg";
let announcing = 0;

/** @typedef {string | number | boolean | null | undefined} Plain */

/**
 * What `element` takes as attributes: names as in HTML with plain values, `style` and `data` as objects, and listeners
 * of the element's own type, `onClick: (event) => event.currentTarget.value`.
 * @template {Element} Made
 * @typedef {{ [name: Lowercase<string>]: Plain | Record<string, Plain> }
 *   & { viewBox?: string, preserveAspectRatio?: string }
 *   & { [Name in keyof HTMLElementEventMap as `on${Capitalize<Name>}`]?:
 *       (event: HTMLElementEventMap[Name] & { currentTarget: Made }) => void }} Attributes
 */

/** @typedef {Node | { readonly root: Node }} Part a node, or an object with a node as its `root` */

/**
 * The children of an element: parts and text, in lists of any depth; null, undefined and false are left out.
 * @typedef {Part | Plain | { readonly length: number, readonly [place: number]: Children }} Children
 */

/**
 * Makes an element with its attributes and children.
 *
 * `element("button", { class: "quiet", type: "button", onClick: undo, disabled: true }, "Undo")`
 *
 * Attributes: `on…` adds a listener, `style` takes an object (also with custom properties), `data` takes an object for
 * the dataset. The value true sets an empty attribute; false, null and undefined set none.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes<HTMLElementTagNameMap[Tag]>} [attributes]
 * @param {...Children} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/**
 * The same for SVG: `svg("path", { d: "M0 0h8" })`.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes<SVGElementTagNameMap[Tag]>} [attributes]
 * @param {...Children} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * Replaces all children of `parent`.
 * @template {Element} Parent
 * @param {Parent} parent
 * @param {...Children} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...nodesOf(children));
  return parent;
}

/** @type {(id: string) => HTMLElement} Returns an element of index.html; these elements are never removed. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page's HTML has no element with the id ${id}.`);
  return found;
}

/**
 * An element for a name from outside the page: in its own writing direction, and never parsed as HTML.
 * @type {(text: unknown, attributes?: Attributes<HTMLElement>) => HTMLElement}
 */
export function nameOf(text, attributes = {}) {
  return element("bdi", { dir: "auto", ...attributes }, String(text));
}

/** Announces `text` to screen readers, unless another text follows within `rest` milliseconds. @param {string} text */
export function announce(text, rest = 400) {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    const line = document.getElementById("announcement");
    if (line && line.textContent !== text) line.textContent = text;
  }, rest);
}

/** Whether the person has asked the system for less motion. */
export function prefersStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Draws at most once a frame: `const request = onceAFrame(draw); request()`. @param {(time: number) => void} draw */
export function onceAFrame(draw) {
  return steadily(draw, 0);
}

/**
 * Draws with at least `pause` milliseconds between two calls. `request.now()` draws in the next frame, and
 * `request.cancel()` cancels a pending request.
 * @param {(time: number) => void} draw
 * @param {number} pause
 */
export function steadily(draw, pause) {
  let [last, frame, timer] = [-Infinity, 0, 0];
  const drawNow = (/** @type {number} */ time) => {
    frame = 0;
    last = performance.now();
    draw(time);
  };
  const now = () => {
    clearTimeout(timer);
    timer = 0;
    frame ||= requestAnimationFrame(drawNow);
  };
  const request = () => {
    if (pause === 0) now();
    else timer ||= setTimeout(now, Math.max(0, last + pause - performance.now()));
  };
  request.now = now;
  request.cancel = () => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    [timer, frame] = [0, 0];
  };
  return request;
}

/**
 * @template {HTMLElement | SVGElement} Made
 * @param {Made} node
 * @param {object} attributes
 * @param {Children[]} children
 */
function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "style") for (const [key, entry] of Object.entries(value)) node.style.setProperty(key, entry);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...nodesOf(children));
  return node;
}

/** @param {readonly Children[]} children */
function nodesOf(children) {
  const flat = /** @type {(Part | Plain)[]} */ (children.flat(Infinity));
  return flat
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child !== "object" ? String(child) : "root" in child ? child.root : child));
}
