// The live page's style: the report's colours, fonts and panels (HTMLPalette, HTMLStyle), so that
// both read as one. Light and dark by the reader's setting, one column on a phone, where rows of
// criteria and agents become cards. Lines differ in dash as well as in colour.

extension LivePage {
    static let style =
        ":root{color-scheme:light dark;\(HTMLPalette.variables(\.light))}\n"
        + "@media screen and (prefers-color-scheme:dark){:root{\(HTMLPalette.variables(\.dark))}}\n"
        + page + verdicts + tables + figures + small

    private static let page = """
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0 auto; padding: 1.6rem 1.25rem 3rem; max-width: 1220px; background: var(--bg);
          color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
            "Helvetica Neue", "Noto Sans", Arial, sans-serif;
          font-variant-numeric: tabular-nums; overflow-wrap: break-word;
        }
        h1, h2, p, dl, dd, ul, figure { margin: 0; padding: 0; }
        h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -.02em; font-weight: 680;
          overflow-wrap: anywhere; }
        h2 { font-size: 1.2rem; line-height: 1.3; letter-spacing: -.01em; font-weight: 650; }
        .quiet { color: var(--muted); font-size: .88rem; }
        .brand { display: flex; align-items: center; gap: .45rem; color: var(--muted);
          font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; font-weight: 600;
          margin-bottom: .35rem; }
        .brand .quiet { margin-left: auto; font-size: .82rem; font-weight: 550;
          letter-spacing: 0; text-transform: none; }
        #facts { overflow-wrap: anywhere; margin-top: .35rem; }
        section { background: var(--card); border: 1px solid var(--rule); border-radius: 12px;
          padding: 1.2rem 1.5rem 1.3rem; margin-top: 1.1rem; }
        section > .quiet { margin-top: .2rem; }
        :focus-visible { outline: 2px solid var(--link); outline-offset: 2px;
          border-radius: 4px; }

        """

    private static let verdicts = """
        .banner { display: flex; gap: 1.1rem; align-items: flex-start; border-radius: 12px;
          padding: 1.1rem 1.5rem; margin-top: 1.1rem; border: 1px solid var(--rule);
          background: var(--card); }
        .banner .icon { width: 40px; height: 40px; flex: none; margin-top: .1rem; }
        .banner > div { flex: 1; min-width: 0; }
        .verdict { font-size: 1.15rem; line-height: 1.3; font-weight: 650; }
        .banner[class*="v-"] .verdict { font-size: 1.6rem; font-weight: 750; }
        #reasons { color: var(--ink); font-size: .92rem; margin-top: .3rem; list-style: none;
          overflow-wrap: anywhere; }
        .icon { width: 1.05em; height: 1.05em; vertical-align: -.16em; fill: none;
          stroke: currentColor; stroke-width: 2.2; stroke-linecap: round;
          stroke-linejoin: round; }
        .v-pass { color: var(--pass); } .v-warn { color: var(--warn); }
        .v-fail { color: var(--fail); } .v-inconclusive { color: var(--inconclusive); }
        .v-invalid { color: var(--invalid); }
        .banner.v-pass, .chip.v-pass { background: var(--pass-bg); }
        .banner.v-warn, .chip.v-warn { background: var(--warn-bg); }
        .banner.v-fail, .chip.v-fail { background: var(--fail-bg); }
        .banner.v-inconclusive, .chip.v-inconclusive { background: var(--inconclusive-bg); }
        .banner.v-invalid, .chip.v-invalid { background: var(--invalid-bg); }
        .chip { display: inline-flex; align-items: center; gap: .35rem; border-radius: 99px;
          padding: .12rem .65rem .12rem .5rem; font-size: .78rem; font-weight: 700;
          letter-spacing: .03em; white-space: nowrap; }
        .progress { height: 6px; border-radius: 3px; background: var(--sunk); overflow: hidden;
          margin-top: .6rem; }
        #bar { height: 100%; width: 0; background: var(--c1); }

        """

    private static let tables = """
        .scroll { overflow-x: auto; margin-top: .5rem; position: relative; }
        table { border-collapse: collapse; width: 100%; font-size: .92rem; }
        th, td { text-align: left; padding: .55rem 1.1rem .55rem 0; vertical-align: top;
          border-bottom: 1px solid var(--rule); }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { padding-top: .3rem; padding-bottom: .3rem; color: var(--muted);
          font-weight: 550; font-size: .8rem; white-space: nowrap; }
        tbody tr:last-child td { border-bottom: 0; }
        .n { text-align: right; white-space: nowrap; }
        td small { display: block; color: var(--muted); font-size: .83rem; font-weight: 400; }
        td.name { overflow-wrap: anywhere; min-width: 11rem; font-weight: 600; }
        td.big { font-weight: 650; }
        details { margin-top: .9rem; font-size: .88rem; }
        summary { cursor: pointer; color: var(--muted); width: fit-content; }
        summary:hover { color: var(--ink); }
        .tabs { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .7rem; }
        .tabs:empty { display: none; }
        .tabs button { font: inherit; font-size: .88rem; color: inherit; background: var(--card);
          cursor: pointer; border: 1px solid var(--rule); border-radius: 99px;
          padding: .2rem .8rem; }
        .tabs button[aria-pressed="true"] { border-color: var(--link); color: var(--link);
          font-weight: 600; }
        .tiles { display: grid; gap: 1rem 1.5rem; margin-top: .9rem;
          grid-template-columns: repeat(auto-fit, minmax(8.6rem, 1fr)); }
        .tiles dt { color: var(--muted); font-size: .82rem; }
        .tiles dd { font-size: 1.25rem; font-weight: 620; line-height: 1.35; }
        .tiles small { font-size: .82rem; font-weight: 400; color: var(--muted); }

        """

    private static let figures = """
        .charts { display: grid; gap: 1.6rem; margin-top: 1rem;
          grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); }
        figure { min-width: 0; }
        figcaption { font-size: .95rem; font-weight: 620; display: flex; gap: .5rem;
          justify-content: space-between; }
        figcaption .quiet { font-weight: 400; }
        figure > svg { display: block; width: 100%; height: 180px; touch-action: pan-y; }
        .legend { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: .3rem 0 0;
          list-style: none; font-size: .83rem; color: var(--muted); }
        .legend li { display: flex; align-items: center; gap: .4rem; }
        .legend svg { width: 30px; height: 10px; flex: none; }
        .legend b { font-weight: 600; color: var(--ink); }
        .grid { stroke: var(--grid); stroke-width: 1; }
        .tick { fill: var(--muted); font-size: 11.5px; }
        .warmup { fill: var(--muted); opacity: .13; }
        .tainted { opacity: .5; }
        .hatch { stroke: var(--invalid); stroke-width: 1.3; opacity: .6; }
        .cursor { stroke: var(--ink); stroke-width: 1; opacity: .55; }
        path.s, .legend line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
        .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); }
        .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); } .cm { stroke: var(--muted); }

        """

    private static let small = """
        @media (max-width: 640px) {
          body { padding: 1.1rem .75rem 2rem; }
          h1 { font-size: 1.4rem; }
          section { padding: 1rem .9rem 1.1rem; border-radius: 10px; }
          .banner { padding: .9rem; gap: .8rem; border-radius: 10px; }
          .banner .icon { width: 32px; height: 32px; }
          .banner[class*="v-"] .verdict { font-size: 1.35rem; }
          .tiles { grid-template-columns: 1fr 1fr; gap: .8rem 1rem; }
          .cards thead { position: absolute; left: -999px; }
          .cards, .cards tbody { display: block; }
          .cards tr { display: grid; gap: .45rem .8rem;
            grid-template-columns: repeat(auto-fit, minmax(5.6rem, 1fr)); padding: .8rem 0;
            border-bottom: 1px solid var(--rule); }
          .cards tr:last-child { border-bottom: 0; padding-bottom: 0; }
          .cards td { padding: 0; border: 0; text-align: left; white-space: normal; }
          .cards td.wide { grid-column: 1 / -1; }
          .cards td[data-label]::before { content: attr(data-label); display: block;
            color: var(--muted); font-size: .78rem; font-weight: 400; }
        }

        """
}
