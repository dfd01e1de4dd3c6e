// Labels are printed by the browser, on whatever paper it is told of.

document.getElementById("print").addEventListener("click", () => window.print());
