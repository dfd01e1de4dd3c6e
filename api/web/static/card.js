// The card brings itself up to date; its alarms are answered on it in two taps.

import { keepCurrent } from "./current.js";
import { listenToTaps } from "./taps.js";
import { show } from "./unsent.js";

const draw = listenToTaps(document.getElementById("card-now"));
const shown = () => {
  draw();
  show();
};
if (!document.documentElement.dataset.keptAt) keepCurrent("card", { stream: false, everyMs: 30_000, shown });
