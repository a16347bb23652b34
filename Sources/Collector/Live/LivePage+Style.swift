// The live page's style: light and dark by the reader's setting, one column on a phone. Text has a
// contrast of 4.5:1 at least; lines differ in dash as well as in colour.

extension LivePage {
    static let style = """
        :root {
          color-scheme: light dark;
          --bg: #f6f7f9; --card: #ffffff; --ink: #16191d; --quiet: #59616b; --line: #d9dde3;
          --grid: #e6e9ee; --accent: #1d4ed8; --shade: rgba(90, 100, 115, .12);
          --c1: #1d4ed8; --c2: #0f766e; --c3: #b45309; --c4: #b91c1c; --c5: #7e22ce;
          --pass: #166534; --warn: #92400e; --fail: #b91c1c; --other: #6b21a8;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --bg: #101317; --card: #181c22; --ink: #e8ebef; --quiet: #a3acb8; --line: #313842;
            --grid: #262c35; --accent: #7aa5ff; --shade: rgba(160, 172, 190, .14);
            --c1: #7aa5ff; --c2: #4fd1c0; --c3: #f6b35c; --c4: #ff8a80; --c5: #cfa2ff;
            --pass: #6ee7a0; --warn: #fbbf57; --fail: #ff8a80; --other: #cfa2ff;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 1rem; max-width: 90rem; background: var(--bg); color: var(--ink);
          font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
        }
        h1 { font-size: 1.35rem; margin: .1rem 0; overflow-wrap: anywhere; }
        h2 { font-size: 1rem; margin: 1.6rem 0 .5rem; }
        p { margin: .25rem 0; }
        .quiet { color: var(--quiet); }
        .brand { display: flex; align-items: center; gap: .4rem; font-weight: 600; }
        .brand .quiet { margin-left: auto; font-weight: 400; }
        #facts { overflow-wrap: anywhere; }
        .verdict { font-size: 1.05rem; font-weight: 600; margin-top: .5rem;
          overflow-wrap: anywhere; }
        .PASS { color: var(--pass); } .WARN { color: var(--warn); } .FAIL { color: var(--fail); }
        .INVALID, .INCONCLUSIVE { color: var(--other); }
        td.PASS, td.WARN, td.FAIL, td.INVALID, td.INCONCLUSIVE { font-weight: 600; }
        .progress { height: 6px; border-radius: 3px; background: var(--grid); overflow: hidden; }
        #bar { height: 100%; width: 0; background: var(--accent); }
        .scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line);
          border-radius: 8px; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .35rem .7rem; vertical-align: top;
          border-top: 1px solid var(--grid); }
        thead th { border-top: 0; color: var(--quiet); font-weight: 500; font-size: .85rem;
          white-space: nowrap; }
        .n { text-align: right; white-space: nowrap; }
        td small { display: block; color: var(--quiet); }
        td.name { overflow-wrap: anywhere; min-width: 11rem; }
        .tabs { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: .6rem; }
        .tabs:empty { display: none; }
        .tabs button { font: inherit; color: inherit; background: var(--card); cursor: pointer;
          border: 1px solid var(--line); border-radius: 999px; padding: .2rem .8rem; }
        .tabs button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent);
          font-weight: 600; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        .tiles { display: grid; gap: .6rem; margin: 0;
          grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); }
        .tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
          padding: .5rem .7rem; min-width: 0; }
        .tiles dt { color: var(--quiet); font-size: .82rem; }
        .tiles dd { margin: 0; font-size: 1.25rem; font-weight: 600;
          font-variant-numeric: tabular-nums; }
        .tiles small { font-size: .8rem; font-weight: 400; color: var(--quiet); }
        .charts { display: grid; gap: .8rem;
          grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); }
        figure { margin: 0; background: var(--card); border: 1px solid var(--line);
          border-radius: 8px; padding: .6rem .7rem .4rem; min-width: 0; }
        figcaption { font-weight: 600; display: flex; justify-content: space-between; gap: .5rem; }
        figcaption .quiet { font-weight: 400; font-variant-numeric: tabular-nums; }
        figure svg { display: block; width: 100%; height: 180px; touch-action: pan-y; }
        .legend { display: flex; flex-wrap: wrap; gap: .1rem .9rem; margin: .2rem 0 0; padding: 0;
          list-style: none; font-size: .85rem; font-variant-numeric: tabular-nums; }
        .legend svg { display: inline-block; width: 22px; height: 10px; vertical-align: middle;
          margin-right: .3rem; }
        .legend b { font-weight: 600; }
        .grid { stroke: var(--grid); stroke-width: 1; }
        .tick { fill: var(--quiet); font-size: 11px; }
        .warmup { fill: var(--shade); }
        .hatch { stroke: var(--c4); stroke-width: 2; opacity: .45; }
        .cursor { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 2 2; }
        path.s, .legend line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
        .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); }
        .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); }
        details { margin-top: .8rem; } summary { cursor: pointer; }
        @media (max-width: 500px) {
          body { padding: .7rem; font-size: 14px; }
          th, td { padding: .3rem .5rem; }
          .tiles { grid-template-columns: repeat(2, 1fr); }
        }

        """
}
