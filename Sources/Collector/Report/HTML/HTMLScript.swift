// The script of the HTML report, less than a hundred lines, and nothing needs it: while a
// pointer or the arrow keys move over a chart it draws one line through all charts of the same time
// axis and shows the row of each data table there, and it opens what a link points into.

enum HTMLScript {
    static let text = """
        "use strict";
        (() => {
          const figures = [...document.querySelectorAll("figure[data-seconds]")];
          let place = null;
          const rows = new Map();
          for (const figure of figures) {
            rows.set(figure, [...figure.querySelectorAll("tr[data-t]")]);
          }
          function rowAt(figure, seconds) {
            let found = null;
            for (const row of rows.get(figure)) {
              if (Number(row.dataset.t) > seconds) break;
              found = row;
            }
            return found;
          }
          function cross(svg, share) {
            let line = svg.querySelector(".cross");
            if (!line) {
              line = document.createElementNS(svg.namespaceURI, "line");
              line.setAttribute("class", "cross");
              line.setAttribute("y1", "10");
              line.setAttribute("y2", String(Number(svg.getAttribute("height")) - 24));
              svg.append(line);
            }
            line.setAttribute("x1", share * 100 + "%");
            line.setAttribute("x2", share * 100 + "%");
          }
          function show(share) {
            place = Math.min(1, Math.max(0, share));
            for (const figure of figures) {
              const row = rowAt(figure, place * Number(figure.dataset.seconds));
              const out = figure.querySelector(".readout");
              if (!row || !out) continue;
              const names = [...figure.querySelectorAll("thead th")];
              out.textContent = [...row.cells].map((cell, i) => {
                const name = i > 0 && names[i] ? names[i].textContent + " " : "";
                return name + cell.textContent;
              }).join("   ");
              for (const svg of figure.querySelectorAll("svg.chart")) cross(svg, place);
            }
          }
          function hide() {
            place = null;
            for (const line of document.querySelectorAll(".cross")) line.remove();
            for (const out of document.querySelectorAll(".readout")) out.textContent = "";
          }
          for (const figure of figures) {
            const svg = figure.querySelector("svg.chart");
            if (!svg) continue;
            svg.setAttribute("tabindex", "0");
            svg.addEventListener("pointermove", (event) => {
              const box = svg.getBoundingClientRect();
              show((event.clientX - box.left) / box.width);
            });
            svg.addEventListener("pointerleave", hide);
            svg.addEventListener("blur", hide);
            svg.addEventListener("keydown", (event) => {
              const step = { ArrowLeft: -0.01, ArrowRight: 0.01 }[event.key];
              if (event.key === "Escape") hide();
              if (!step) return;
              event.preventDefault();
              show((place === null ? 0.5 : place) + step);
            });
          }
          function reveal() {
            const target = location.hash && document.getElementById(location.hash.slice(1));
            const closed = target && target.closest("details");
            if (closed) closed.open = true;
          }
          addEventListener("hashchange", reveal);
          reveal();
        })();
        """
}
