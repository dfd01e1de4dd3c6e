// The resident's page: charts, all of them drawn soon, so that paper shows what the screen would.

import { drawAll, drawnAll } from "./charts.js";

drawAll(document);
setTimeout(() => drawnAll(document), 1_500);
document.getElementById("print").addEventListener("click", async () => {
  await drawnAll(document);
  window.print();
});
