// The page without a line: shows what is not sent yet, and goes back by itself when the line is there again.

import { show } from "./unsent.js";

const again = () => fetch("/health", { cache: "no-store" }).then((response) => response.ok && location.pathname !== "/offline" && location.reload()).catch(() => {});
document.getElementById("again").addEventListener("click", again);
window.addEventListener("online", again);
setInterval(again, 5_000);
show();
