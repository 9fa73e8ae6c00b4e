/** The notice that is shown instead of the network if this page and the model's engine compute different values. */

import { element } from "convlens/interface/dom.js";

/** @import { Verdict } from "convlens/engine/check.js" */

const FOUND =
  "This page recomputed values that are stored with the model, and got different results. Nothing is shown, because it could be wrong.";
const ADVICE =
  "Export or open the model again (convlens export, convlens open). If this happens again, the browser may be the cause: please report which one you use.";

/** @param {Verdict} verdict a verdict of `checkModel` that does not agree */
export function showDisagreement({ worst, where }) {
  const size = Number.isFinite(worst)
    ? ` The difference is ${worst.toPrecision(2)} times the layer’s largest value.`
    : "";
  const notice = { class: "notice alarm disagreement", role: "alert" };
  const place = element("p", { class: "mono small", dir: "auto" }, `${where}.${size}`);
  const title = element("h2", {}, "This page does not agree with the model");
  return element("div", notice, title, element("p", {}, FOUND), place, element("p", {}, ADVICE));
}
