"use strict";
// The page is whole without a script: here is what one adds to it.

for (const figure of document.querySelectorAll("figure.chart")) new Chart(figure);
// A folded table is prepared when it is opened: it may have thousands of rows.
for (const frame of document.querySelectorAll(".scroll")) {
  const details = frame.closest("details");
  if (details && !details.open) details.addEventListener("toggle", () => new Rows(frame), { once: true });
  else new Rows(frame);
}
const chooser = document.getElementById("series");
if (chooser) {
  chooser.parentElement.hidden = false;
  const choose = () => {
    for (const block of document.querySelectorAll(".series")) {
      block.hidden = chooser.value !== "" && block.dataset.series !== chooser.value;
    }
  };
  chooser.value = chooser.querySelector("option[value]:not([value=''])").value;
  chooser.addEventListener("change", choose);
  choose();
}
