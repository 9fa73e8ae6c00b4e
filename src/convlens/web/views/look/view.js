/**
 * Look inside: what the network makes of one picture, number by number.
 *
 * One way through: a picture (drawn, opened or a test image) → `session` → everything that is shown. The maps and the answer follow
 * the pen in the same frame; what is below them follows when it rests.
 */

import { announce, element, fill, onceAFrame } from "convlens/interface/dom.js";
import { onTheme } from "convlens/interface/colours.js";
import { formatNumber, formatPercent } from "convlens/interface/format.js";
import { Answer } from "convlens/views/look/answer.js";
import { showDisagreement } from "convlens/views/look/check_notice.js";
import { Columns, describeTarget } from "convlens/views/look/columns.js";
import { Details } from "convlens/views/look/details.js";
import { PictureSource } from "convlens/views/look/picture_source.js";
import { clipName } from "convlens/views/look/places.js";
import { judge } from "convlens/views/look/samples.js";
import { Session } from "convlens/views/look/session.js";
import { Strip } from "convlens/views/look/strip.js";
import { warmUp } from "convlens/views/look/warm_up.js";

const REST = 90;
const MEASURE = "convlens: pointer to pixels";

/** The view, in `root`. */
export function mount(root, context) {
  const view = new View(root, context);
  return {
    show: () => view.setActive(true),
    hide: () => view.setActive(false),
    onModel: (model) => view.open(model),
    dispose: () => view.dispose(),
  };
}

class View {
  constructor(root, context) {
    Object.assign(this, {
      root,
      context,
      active: true,
      session: null,
      trail: [],
      hovered: null,
      samples: [],
      changedAt: 0,
    });
    this.answer = new Answer({ onClass: (place) => this.choose({ layer: this.session.model.layers.length, place }) });
    this.columns = new Columns({
      onPoint: (layer, place, spoken) => this.point(place === null ? null : { layer, place }, spoken),
      onChoose: (layer, place) => this.choose({ layer, place }),
      onLayer: (layer) => this.details.askLayer(layer),
    });
    this.details = new Details({
      onWalk: (target) => this.walk([...this.trail, target]),
      onReturn: (index) => this.walk(this.trail.slice(0, index + 1)),
      onMove: (target) => this.walk([...this.trail.slice(0, -1), target], false),
      onTab: () => this.showDetails(),
    });
    this.strip = new Strip({ onSample: (sample, time) => this.showSample(sample, time) });
    this.source = new PictureSource({
      isActive: () => this.active && !root.hidden,
      onChange: (time) => this.change(time),
    });
    this.readout = element("p", { class: "readout small", "aria-hidden": "true" });
    this.layout = element(
      "div",
      { class: "look" },
      this.source.root,
      this.answer.root,
      this.strip.root,
      element(
        "section",
        { class: "look-network", "aria-labelledby": "network-title" },
        element(
          "div",
          { class: "network-head" },
          element("h2", { class: "eyebrow", id: "network-title" }, "The network"),
          element(
            "p",
            { class: "legend" },
            "below zero",
            element("span", { class: "scale", "aria-hidden": "true" }),
            "above, one scale a layer",
          ),
          this.readout,
        ),
        this.columns.root,
      ),
      this.details.root,
    );
    this.notice = element("div", {});
    fill(root, this.notice, this.layout);
    this.layout.hidden = true;
    this.draw = onceAFrame(() => this.update());
    this.endTheme = onTheme(() => this.session && this.repaint());
  }

  setActive(active) {
    this.active = active;
  }

  /** Another model: everything begins anew, with one of its test images. */
  open(model) {
    const { check } = this.context;
    fill(this.notice, check.agrees ? null : showDisagreement(check));
    this.layout.hidden = !check.agrees;
    this.session = null;
    if (!check.agrees) return;
    this.session = new Session(model);
    this.samples = model.payload.samples;
    this.source.build(model);
    this.answer.build(model);
    this.columns.build(model);
    this.details.build(model);
    if (this.samples.length > 0)
      this.strip.open(model, judge(model, this.samples), (place) => this.samples[place].pixels);
    else this.strip.close();
    if (this.samples.length > 0) this.session.showSample(this.samples[0]);
    else this.session.showNothing();
    this.source.show(this.session);
    Object.assign(this, { chosen: false, hovered: null, stale: false });
    this.update();
    const { session } = this;
    warmUp(model, this.source.brush, () => this.session === session && session.source !== "drawing");
  }

  showSample({ place }, time) {
    this.session.showSample(this.samples[place]);
    this.source.show(this.session);
    this.change(time, false);
  }

  /** Something was drawn or opened at `time`; `anew`: the picture is to be asked for. */
  change(time, anew = true) {
    if (!this.session) return;
    if (anew) {
      this.strip.clear();
      this.stale = true;
    }
    this.changedAt = time;
    this.draw();
  }

  update() {
    const { session } = this;
    if (!session) return;
    if (this.stale) session.showPicture(this.source.picture(), this.source.kind);
    this.stale = false;
    // Until somebody chooses a number, one that has much to show is chosen.
    if (!this.chosen) this.trail = [session.interestingTarget()];
    this.columns.show(session.activations, session.pixels);
    this.answer.show(session.answer());
    this.context.drawing = { pixels: session.pixels, shape: session.model.inputShape };
    this.point(this.hovered);
    if (this.changedAt) this.measure();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), REST);
  }

  measure() {
    if (performance.getEntriesByName(MEASURE).length > 500) performance.clearMeasures(MEASURE);
    performance.measure(MEASURE, { start: this.changedAt, end: performance.now() });
    this.changedAt = 0;
  }

  rest() {
    if (!this.session) return;
    this.columns.paintAll();
    this.showDetails();
    const { nothing, best, whyUnknown, probabilities } = this.session.answer();
    const name = clipName(this.session.model.classNames[best]);
    announce(
      nothing
        ? "The paper is empty."
        : `${whyUnknown ? `Unknown, best guess ${name}` : name}, ${formatPercent(probabilities[best])} sure.`,
    );
  }

  repaint() {
    this.columns.repaint();
    this.showDetails();
  }

  showDetails() {
    if (this.session) this.details.show(this.session, this.trail);
  }

  /** Lights up what a number is made of; without one, what the chosen number is. */
  point(target, spoken = false) {
    this.hovered = target;
    const { session } = this;
    if (!session) return;
    const shown = target ?? this.trail.at(-1);
    const inNetwork = shown && shown.layer < session.model.layers.length ? shown : null;
    this.columns.point(inNetwork);
    const text = inNetwork
      ? `${describeTarget(session.model, inNetwork)}: ${formatNumber(session.activations[inNetwork.layer + 1].data[inNetwork.place], 3)}`
      : "";
    if (this.readout.textContent !== text) this.readout.textContent = text;
    if (spoken) announce(text, 150);
  }

  /** The sum behind a number, from a map or a bar: a new way begins. */
  choose(target) {
    if (!this.session) return;
    if (target.layer < this.session.model.layers.length) this.columns.reach(target);
    this.walk([target]);
  }

  walk(trail, move = true) {
    this.trail = trail;
    this.chosen = true;
    const target = trail.at(-1);
    if (target.layer < this.session.model.layers.length) this.columns.reach(target);
    this.hovered = null;
    this.point(null);
    this.details.openSum(this.session, trail);
    if (move) this.details.focusSum();
  }

  dispose() {
    this.endTheme();
    this.source.dispose();
    clearTimeout(this.resting);
    this.draw.cancel();
  }
}
