/** What is shown instead of pictures when this page computes something else than the model's own engine did. */

import { element } from "convlens/interface/dom.js";

/** @import { Verdict } from "convlens/engine/check.js" */

const FOUND =
  "Values that were stored with the model were computed again here, and came out differently. Nothing is shown, since it could be wrong.";
const ADVICE =
  "Write the model or the page anew (convlens export, convlens open). If it happens again, the browser is at fault: please report which one it is.";

/** @param {Verdict} verdict of `checkModel`, that they disagree */
export function showDisagreement({ worst, where }) {
  const size = Number.isFinite(worst) ? ` It is off by ${worst.toPrecision(2)} of the layer’s largest value.` : "";
  const notice = { class: "notice alarm disagreement", role: "alert" };
  const place = element("p", { class: "mono small", dir: "auto" }, `${where}.${size}`);
  const title = element("h2", {}, "This page does not agree with the model");
  return element("div", notice, title, element("p", {}, FOUND), place, element("p", {}, ADVICE));
}
