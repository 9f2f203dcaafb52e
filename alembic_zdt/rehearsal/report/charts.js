"use strict";
const specs = JSON.parse(document.getElementById("specs").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const printing = matchMedia("print");

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  const axis = { gridcolor: of("--line"), linecolor: of("--line"), zeroline: false };
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: of("--panel"),
    font: { color: of("--text"), family: "system-ui, sans-serif", size: 12 },
    hoverlabel: { align: "left" },
    xaxis: axis, yaxis: axis, yaxis2: axis,
  };
}

function merged(layout) {
  const themed = { ...colours(), ...layout };
  for (const axis of ["xaxis", "yaxis", "yaxis2"]) {
    themed[axis] = { ...colours()[axis], ...layout[axis] };
  }
  return themed;
}

function draw() {
  for (const [id, { data, layout }] of Object.entries(specs)) {
    Plotly.react(id, data, merged(layout), { responsive: true, displaylogo: false });
  }
}

draw();
dark.addEventListener("change", draw);
printing.addEventListener("change", () => {
  draw();
  for (const id of Object.keys(specs)) Plotly.Plots.resize(id);
});
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
});
