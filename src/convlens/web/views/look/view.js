/**
 * Look inside: all numbers that the network computes for one image.
 *
 * Data flow: an image (drawn, opened or a test image) → a session → everything that is shown. The maps and the
 * prediction are updated in the frame in which the pen moves; the parts below them, when the pen rests.
 */

import { announce, element, fill, onceAFrame } from "convlens/interface/dom.js";
import { onTheme } from "convlens/interface/colours.js";
import { formatNumber, formatPercent } from "convlens/interface/format.js";
import { div } from "convlens/interface/parts.js";
import { Answer, write } from "convlens/views/look/answer.js";
import { showDisagreement } from "convlens/views/look/check_notice.js";
import { Columns } from "convlens/views/look/columns.js";
import { Details } from "convlens/views/look/details.js";
import { PictureSource } from "convlens/views/look/picture_source.js";
import { clipName, describeTarget } from "convlens/views/look/places.js";
import { judge } from "convlens/views/look/samples.js";
import {
  answerOf,
  interestingTarget,
  lookAtNothing,
  lookAtPicture,
  lookAtSample,
} from "convlens/views/look/session.js";
import { Strip } from "convlens/views/look/strip.js";
import { warmUp } from "convlens/views/look/warm_up.js";

/** @import { Context } from "convlens/interface/context.js" */
/** @import { Model, Source } from "convlens/engine/network.js" */
/** @import { Sample } from "convlens/engine/samples.js" */

const REST = 90;
const MEASURE = "convlens: pointer to pixels";

/** @type {(root: HTMLElement, context: Context) => LookView} */
export function mount(root, context) {
  return new LookView(root, context);
}

/** The view, which is rebuilt for each model. */
class LookView {
  #isActive = true;
  /** @type {Look | null} */
  #look = null;

  /** @param {HTMLElement} root @param {Context} context */
  constructor(root, context) {
    this.root = root;
    this.context = context;
  }

  show() {
    this.#isActive = true;
  }

  hide() {
    this.#isActive = false;
  }

  /** @type {(model: Model) => void} */
  onModel(model) {
    this.#look?.dispose();
    this.#look = null;
    const { check } = this.context;
    if (!check?.agrees) {
      fill(this.root, check && showDisagreement(check));
      return;
    }
    this.#look = new Look(model, this.context, () => this.#isActive && !this.root.hidden);
    fill(this.root, this.#look);
    this.#look.start();
  }
}

/** One model, from the image to the details. It begins with a test image, if there is one. */
class Look {
  /** @type {Source | null} The number under the pointer. */
  #hovered = null;
  #hasChosen = false;
  #isStale = false;
  #changedAt = 0;
  #resting = 0;
  #readout = element("p", { class: "readout small", "aria-hidden": "true" });
  #draw = onceAFrame(() => this.#update());
  #endTheme = onTheme(() => this.#repaint());

  /** @param {Model} model @param {Context} context @param {() => boolean} isActive */
  constructor(model, context, isActive) {
    this.model = model;
    this.context = context;
    /** @type {Sample[]} */
    this.samples = model.payload.samples;
    const [first] = this.samples;
    this.session = first ? lookAtSample(model, first) : lookAtNothing(model);
    this.trail = [interestingTarget(this.session)];
    this.answer = new Answer(model, (place) => this.#walk([{ layer: model.layers.length, place }]));
    this.columns = new Columns(model, {
      onPoint: (layer, place, spoken) => this.#point(place === null ? null : { layer, place }, spoken),
      onChoose: (layer, place) => this.#walk([{ layer, place }]),
      onLayer: (layer) => this.details.askLayer(layer),
    });
    this.details = new Details(model, {
      onWalk: (target) => this.#walk([...this.trail, target]),
      onReturn: (index) => this.#walk(this.trail.slice(0, index + 1)),
      onMove: (target) => this.#walk([...this.trail.slice(0, -1), target], false),
      onTab: () => this.#showDetails(),
    });
    this.strip = new Strip(
      model,
      judge(model, this.samples),
      (place) => this.samples[place].pixels,
      (sample, time) => this.#showSample(sample.place, time),
    );
    this.source = new PictureSource(model, { isActive, onChange: (time) => this.#takePicture(time) });
    this.root = this.#build();
  }

  #build() {
    const scale = element("span", { class: "scale", "aria-hidden": "true" });
    const title = element("h2", { class: "eyebrow", id: "network-title" }, "Network");
    const legend = element("p", { class: "legend" }, "negative", scale, "positive, each layer with its own scale");
    const head = div("network-head", title, legend, this.columns.ends, this.#readout);
    const attributes = { class: "look-network", "aria-labelledby": "network-title" };
    const network = element("section", attributes, head, this.columns);
    return div("look", this.source, this.answer, this.strip, network, this.details);
  }

  /** Call this when the view is in the page. */
  start() {
    this.source.show(this.session);
    this.#update();
    const { session } = this;
    warmUp(this.model, this.source.brush, () => this.session === session);
  }

  /** @param {number} place @param {number} time of the event */
  #showSample(place, time) {
    this.session = lookAtSample(this.model, this.samples[place]);
    this.source.show(this.session);
    this.#isStale = false;
    this.#changedAt = time;
    this.#draw();
  }

  /** @param {number} time of the event */
  #takePicture(time) {
    this.strip.clear();
    this.#isStale = true;
    this.#changedAt = time;
    this.#draw();
  }

  #update() {
    if (this.#isStale) this.session = lookAtPicture(this.model, this.source.picture(), this.source.kind);
    this.#isStale = false;
    const { session } = this;
    // Until the user chooses a value, an interesting one is chosen.
    if (!this.#hasChosen) this.trail = [interestingTarget(session)];
    this.columns.show(session.activations, session.pixels);
    this.answer.show(answerOf(session));
    this.context.drawing = { pixels: session.pixels, shape: this.model.inputShape };
    this.#point(this.#hovered);
    if (this.#changedAt) this.#measure();
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(), REST);
  }

  #measure() {
    if (performance.getEntriesByName(MEASURE).length > 500) performance.clearMeasures(MEASURE);
    performance.measure(MEASURE, { start: this.#changedAt, end: performance.now() });
    this.#changedAt = 0;
  }

  #rest() {
    this.columns.paintAll();
    this.#showDetails();
    const { nothing, best, whyUnknown, probabilities } = answerOf(this.session);
    const name = clipName(this.model.classNames[best]);
    const says = whyUnknown ? `Unknown, best guess ${name}` : name;
    announce(nothing ? "The drawing area is empty." : `${says}, ${formatPercent(probabilities[best])} sure.`);
  }

  #repaint() {
    this.columns.repaint();
    this.#showDetails();
  }

  #showDetails() {
    this.details.show(this.session, this.trail);
  }

  /** Highlights the receptive field of a number; null means the chosen number. @param {Source | null} target */
  #point(target, spoken = false) {
    this.#hovered = target;
    const shown = target ?? this.trail[this.trail.length - 1];
    const inNetwork = shown.layer < this.model.layers.length ? shown : null;
    this.columns.point(inNetwork);
    const value = inNetwork && this.session.activations[inNetwork.layer + 1].data[inNetwork.place];
    const text =
      inNetwork && value !== null ? `${describeTarget(this.model, inNetwork)}: ${formatNumber(value, 3)}` : "";
    write(this.#readout, text);
    if (spoken) announce(text, 150);
  }

  // Shows the sum behind the last number of a path; choosing a number in a map, or a bar, begins a new path.
  /** @type {(trail: Source[], move?: boolean) => void} */
  #walk(trail, move = true) {
    this.trail = trail;
    this.#hasChosen = true;
    const target = trail[trail.length - 1];
    if (target.layer < this.model.layers.length) this.columns.reach(target);
    this.#point(null);
    this.details.openSum(this.session, trail);
    if (move) this.details.focusSum();
  }

  dispose() {
    this.#endTheme();
    this.source.dispose();
    clearTimeout(this.#resting);
    this.#draw.cancel();
  }
}
