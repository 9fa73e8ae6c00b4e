// A row of buttons of which one is pressed: which kernel, which map.

import { element, fill } from "convlens/interface/dom.js";

/** `offer(labels, chosen)` puts the buttons up; `onChoose(place)` is called with the one that is pressed. */
export function tabRow({ name, onChoose }) {
  const root = element("ul", { class: "tabs", role: "list", "aria-label": name });
  const press = (chosen) =>
    root.querySelectorAll("button").forEach((button, place) => button.setAttribute("aria-pressed", place === chosen));
  return {
    element: root,
    choose: press,
    offer(labels, chosen) {
      fill(
        root,
        labels.map((label, place) =>
          element(
            "li",
            {},
            element(
              "button",
              {
                type: "button",
                onClick: () => {
                  press(place);
                  onChoose(place);
                },
              },
              label,
            ),
          ),
        ),
      );
      press(chosen);
    },
  };
}
