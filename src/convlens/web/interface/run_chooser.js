/** The runs that the server has, as a list to choose from: whichever is chosen is opened in all views. */

import { element, fill } from "convlens/interface/dom.js";
import { formatPercent } from "convlens/interface/format.js";

/** The list, in `root`: `offer(runs)` as `/api/runs` has them, `refresh()` asks for them, `show(name)` says which model is open (null: none). */
export function createRunChooser({ api, onModel, onRefused }) {
  const select = element("select", { class: "run-chooser", "aria-label": "Open another run", hidden: true });
  const chooser = { api, select, runs: [], open: null, given: null };
  select.addEventListener("change", async () => {
    select.disabled = true;
    try {
      onModel(await api.get(`/api/model?run=${encodeURIComponent(select.value)}`));
    } catch (error) {
      onRefused(error.message);
    }
    select.disabled = false;
    list(chooser);
    select.focus();
  });
  const offer = (runs) => {
    chooser.runs = runs;
    list(chooser);
  };
  return {
    root: select,
    offer,
    // Where that fails the list stays as it was, and whoever chooses from it hears what is wrong.
    refresh: () => api.get("/api/runs").then(offer, () => {}),
    show(name) {
      chooser.open = name;
      // A model file that was given is no run, but there must be a way back to it.
      chooser.given ??= name;
      list(chooser);
    },
  };
}

function list({ select, runs, open, given }) {
  const isRun = (name) => runs.some((run) => run.name === name);
  const others = given !== null && !isRun(given) ? [element("option", { value: "" }, given)] : [];
  const none = open === null ? [element("option", { value: "", selected: true, disabled: true }, "Open a run …")] : [];
  fill(
    select,
    none,
    others,
    runs.map((run) => element("option", { value: run.name, selected: run.name === open }, describe(run))),
  );
  select.hidden = select.options.length < 2;
}

function describe({ name, accuracy }) {
  return typeof accuracy === "number" ? `${name}: ${formatPercent(accuracy, 2)}` : name;
}
