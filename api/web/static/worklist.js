// The worklist brings itself up to date; alarms are answered in it in two taps.

import { keepCurrent } from "./current.js";
import { listenToTaps } from "./taps.js";
import { show } from "./unsent.js";

const draw = listenToTaps(document.getElementById("worklist-now"));
const shown = () => {
  draw();
  show();
};
if (!document.documentElement.dataset.keptAt) keepCurrent("worklist", { stream: false, everyMs: 20_000, shown });
