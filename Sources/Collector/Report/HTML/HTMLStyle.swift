// The style sheet of the HTML report. Its bytes are hashed into the page's content security policy,
// so nothing may be added to it later; attributes `style` are not allowed either. Screen light or
// dark as the reader's system asks, paper always light. Below 940 px evidence rows become cards.

enum HTMLStyle {
    static let text =
        ":root{color-scheme:light dark;\(HTMLPalette.variables(\.light))}\n"
        + "@media screen and (prefers-color-scheme:dark){:root{\(HTMLPalette.variables(\.dark))}}\n"
        + page + evidence + charts + tables + small + print

    private static let page = """
        *{box-sizing:border-box}
        html{scroll-padding-top:4rem;-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,\
        "Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif;\
        font-variant-numeric:tabular-nums;overflow-wrap:break-word}
        h1,h2,h3,p,dl,dd,ul,ol,figure{margin:0;padding:0}
        h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.02em;font-weight:680}
        h2{font-size:1.2rem;line-height:1.3;letter-spacing:-.01em;font-weight:650}
        h3{font-size:.95rem;line-height:1.4;font-weight:620}
        ul{list-style:none}
        a{color:var(--link)}
        code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",\
        monospace;font-size:.86em}
        :focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
        .skip{position:absolute;left:-999px;top:0;background:var(--card);padding:.6rem 1rem;\
        z-index:9}
        .skip:focus{left:0}
        .wrap{max-width:1180px;margin:0 auto;padding-left:1.25rem;padding-right:1.25rem}
        .top{padding-top:2rem;padding-bottom:1.1rem}
        .brand{color:var(--muted);font-size:.8rem;letter-spacing:.08em;text-transform:uppercase;\
        font-weight:600;margin-bottom:.35rem}
        .about{color:var(--muted);margin-top:.35rem;max-width:75ch}
        .meta{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin-top:.7rem;font-size:.88rem}
        .meta div{display:flex;gap:.4rem}
        .meta dt{color:var(--muted)}
        .meta dd{font-weight:550;overflow-wrap:anywhere}
        nav{position:sticky;top:0;z-index:3;background:var(--bg);border-bottom:1px solid \
        var(--rule)}
        nav ul{display:flex;gap:.15rem;overflow-x:auto;scrollbar-width:none;padding-top:.35rem;\
        padding-bottom:.35rem}
        nav a{display:block;white-space:nowrap;padding:.3rem .65rem;border-radius:6px;\
        font-size:.85rem;text-decoration:none;color:var(--muted)}
        nav a:hover{background:var(--sunk);color:var(--ink)}
        nav li:first-child a{margin-left:-.65rem}
        main{padding-top:1.25rem;padding-bottom:2rem}
        .panel{background:var(--card);border:1px solid var(--rule);border-radius:12px;\
        padding:1.35rem 1.5rem 1.5rem;margin-bottom:1.1rem}
        .panel>h2+.lead{margin-top:.2rem}
        .lead,.fine{color:var(--muted);font-size:.9rem;max-width:82ch}
        .fine{font-size:.83rem;margin-top:.8rem}
        .none{color:var(--muted);margin-top:.8rem}
        footer{color:var(--muted);font-size:.83rem;padding-bottom:3rem}

        """

    private static let evidence = """
        .banner{display:flex;gap:1.1rem;align-items:flex-start;border-radius:12px;padding:1.35rem \
        1.5rem;margin-bottom:1.1rem;border:1px solid var(--rule)}
        .banner .icon{width:44px;height:44px;flex:none;margin-top:.1rem}
        .banner .word{font-size:1.7rem;line-height:1.15;font-weight:750;letter-spacing:.01em}
        .banner .sum{font-size:1.02rem;color:var(--ink);margin-top:.15rem}
        .banner ul{margin-top:.5rem;color:var(--ink);font-size:.92rem}
        .banner li+li{margin-top:.15rem}
        .icon{width:1.05em;height:1.05em;vertical-align:-.16em;fill:none;stroke:currentColor;\
        stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
        .v-pass{color:var(--pass)}.v-warn{color:var(--warn)}.v-fail{color:var(--fail)}
        .v-inconclusive{color:var(--inconclusive)}.v-invalid{color:var(--invalid)}
        .banner.v-pass,.chip.v-pass{background:var(--pass-bg)}
        .banner.v-warn,.chip.v-warn{background:var(--warn-bg)}
        .banner.v-fail,.chip.v-fail{background:var(--fail-bg)}
        .banner.v-inconclusive,.chip.v-inconclusive{background:var(--inconclusive-bg)}
        .banner.v-invalid,.chip.v-invalid{background:var(--invalid-bg)}
        .chip{display:inline-flex;align-items:center;gap:.35rem;border-radius:99px;padding:.12rem \
        .65rem .12rem .5rem;font-size:.78rem;font-weight:700;letter-spacing:.03em;\
        white-space:nowrap}
        .rows{width:100%;border-collapse:collapse;margin-top:.9rem;font-size:.92rem}
        .rows th{color:var(--muted);font-weight:550;font-size:.8rem;text-align:left;padding:.3rem \
        .8rem .3rem 0;border-bottom:1px solid var(--rule)}
        .rows td{padding:.75rem .8rem .75rem 0;vertical-align:top}
        .rows tbody{border-bottom:1px solid var(--rule)}
        .rows tbody:last-child{border-bottom:0}
        .rows .name{font-weight:600;max-width:20rem;overflow-wrap:anywhere}
        .rows .sub{color:var(--muted);font-size:.83rem;font-weight:400;overflow-wrap:anywhere}
        .rows .big{font-weight:650;font-size:1.05rem;white-space:nowrap}
        .rows td.nw{white-space:nowrap}
        .rows .why td{padding-top:0}
        .rows .why td:empty{padding:0}
        .why p{max-width:85ch}
        .why p+p{margin-top:.2rem}
        .why .facts{display:flex;flex-wrap:wrap;gap:.15rem 1.3rem;color:var(--muted);\
        font-size:.83rem}
        .facts div{display:flex;gap:.35rem}
        .facts dd{color:var(--ink);overflow-wrap:anywhere}
        .why .facts:not(:first-child){margin-top:.4rem}
        .rows .end{text-align:right;padding-right:0}
        .bullet{display:block;width:100%;min-width:110px;max-width:190px;overflow:visible;\
        margin-top:.3rem}
        .b-track{fill:var(--sunk)}.b-room{fill:var(--rule)}
        .b-limit{stroke:var(--ink);stroke-width:2}
        .b-ci{stroke:currentColor;stroke-width:3;stroke-linecap:round;opacity:.55}
        .b-dot{fill:currentColor;stroke:var(--card);stroke-width:2}
        .stats{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1rem \
        1.5rem;margin-top:1rem}
        .stats dt{color:var(--muted);font-size:.82rem}
        .stats dd{font-size:1.12rem;font-weight:620}
        .stats .more{display:block;color:var(--muted);font-size:.82rem;font-weight:400}
        .line-list{margin-top:.9rem;display:grid;gap:.4rem;font-size:.92rem}
        .identity{margin-top:1.1rem;padding:.7rem .9rem;background:var(--sunk);border-radius:8px;\
        font-size:.9rem}

        """

    private static let charts = """
        .figs{display:grid;gap:1.6rem;margin-top:1rem}
        .figs.two{grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr))}
        figure{min-width:0}
        figcaption{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem .9rem;\
        margin-bottom:.15rem}
        figcaption .hint{color:var(--muted);font-size:.83rem}
        .readout{margin-left:auto;font-size:.82rem;color:var(--ink);white-space:nowrap;\
        overflow:hidden;text-overflow:ellipsis;max-width:100%}
        .legend{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;font-size:.83rem;color:var(--muted);\
        margin:.15rem 0 .35rem}
        .legend li{display:flex;align-items:center;gap:.4rem;overflow-wrap:anywhere}
        .swatch{width:30px;height:10px;flex:none;overflow:visible}
        .key{width:14px;height:12px;flex:none}
        .chart{display:block;width:calc(100% - 104px);margin-left:60px;overflow:visible}
        .chart text{font-size:11.5px;fill:var(--muted)}
        .chart .ty{text-anchor:end}.chart .tx{text-anchor:middle}
        .chart .note{paint-order:stroke;stroke:var(--card);stroke-width:3px;stroke-linejoin:round}
        .grid{stroke:var(--grid);stroke-width:1}
        .axis{stroke:var(--rule);stroke-width:1}
        .line{fill:none;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}
        .line[stroke-dasharray]{stroke-linecap:butt}
        .c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}
        .c5{stroke:var(--c5)}.c6{stroke:var(--c6)}.cm{stroke:var(--muted)}
        .chart .end{stroke:none;font-weight:600}
        .end.c1{fill:var(--c1)}.end.c2{fill:var(--c2)}.end.c3{fill:var(--c3)}
        .end.c4{fill:var(--c4)}.end.c5{fill:var(--c5)}.end.c6{fill:var(--c6)}
        .f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}.f4{fill:var(--c4)}
        .f5{fill:var(--c5)}.f6{fill:var(--c6)}
        .band.warm{fill:var(--muted);opacity:.13}.band.paused{fill:var(--inconclusive);opacity:.12}
        .hatch{stroke:var(--invalid);stroke-width:1.6;opacity:.6}
        .limit{stroke:var(--fail);stroke-width:1.2;stroke-dasharray:2 3}
        .limit-at{fill:var(--card);stroke:var(--fail);stroke-width:1.6}
        .interval{stroke:var(--ink);stroke-width:1.6;fill:var(--ink)}
        .chart .limit-text{fill:var(--fail);text-anchor:end;paint-order:stroke;\
        stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
        .cross{stroke:var(--ink);stroke-width:1;opacity:.55;pointer-events:none}
        .heat{shape-rendering:crispEdges}
        .h0{fill:var(--h0)}.h1{fill:var(--h1)}.h2{fill:var(--h2)}.h3{fill:var(--h3)}
        .h4{fill:var(--h4)}.h5{fill:var(--h5)}.h6{fill:var(--h6)}
        .parts{display:block;width:100%;border-radius:5px;overflow:hidden;margin:.4rem 0 .3rem}
        .parts rect{stroke:var(--card);stroke-width:1}
        .defs{position:absolute;width:0;height:0}

        """

    private static let tables = """
        details{margin-top:.55rem;font-size:.88rem}
        summary{cursor:pointer;color:var(--muted);width:fit-content;padding:.1rem 0}
        summary:hover{color:var(--ink)}
        .scroll{overflow-x:auto;margin-top:.5rem;position:relative}
        .tall{max-height:26rem;overflow-y:auto}
        .grid-table{border-collapse:collapse;width:100%;font-size:.88rem}
        .grid-table caption{text-align:left;color:var(--muted);font-size:.83rem;\
        padding-bottom:.3rem}
        .grid-table th,.grid-table td{padding:.36rem 0 .36rem 1.1rem;text-align:right;\
        white-space:nowrap;border-bottom:1px solid var(--rule)}
        .grid-table th{color:var(--muted);font-weight:550;font-size:.8rem}
        .grid-table thead th{white-space:normal;vertical-align:bottom}
        .grid-table th:first-child,.grid-table td:first-child,.grid-table .l{text-align:left}
        .grid-table th:first-child,.grid-table td:first-child{padding-left:0}
        .grid-table .w{white-space:normal;min-width:12rem;overflow-wrap:anywhere}
        .grid-table tbody tr:last-child td{border-bottom:0}
        .pairs{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.3rem 1.4rem;\
        margin-top:.8rem;font-size:.92rem}
        .pairs dt{color:var(--muted)}
        .pairs dd{overflow-wrap:anywhere}
        h3.part{margin-top:1.4rem}
        pre{background:var(--sunk);border-radius:8px;padding:.9rem 1rem;overflow:auto;\
        max-height:32rem;line-height:1.45;margin:.5rem 0 0;tab-size:2}

        """

    private static let small = """
        @media (max-width:640px){
        .wrap{padding-left:.75rem;padding-right:.75rem}
        .top{padding-top:1.3rem;padding-bottom:.8rem}
        h1{font-size:1.4rem}
        .panel{padding:1rem .9rem 1.1rem;border-radius:10px}
        .banner{padding:1rem .9rem;gap:.8rem}
        .banner .icon{width:34px;height:34px}
        .banner .word{font-size:1.4rem}
        .chart{width:calc(100% - 82px);margin-left:50px}
        .chart text{font-size:10.5px}
        .chart .minor{display:none}
        .stats{grid-template-columns:1fr 1fr;gap:.8rem 1rem}
        .pairs{grid-template-columns:1fr;gap:0}
        .pairs dd{margin-bottom:.45rem}
        }
        @media (max-width:940px){
        .rows thead{position:absolute;left:-999px}
        .rows,.rows tbody,.rows tr,.rows td{display:block}
        .rows tbody{padding:.8rem 0}
        .rows tr{display:grid;grid-template-columns:1fr 1fr;gap:.45rem .8rem}
        .rows td{padding:0}
        .rows td.wide,.rows .why td{grid-column:1/-1}
        .rows .why{margin-top:.45rem;display:block}
        .rows .why td:empty{display:none}
        .rows .end{text-align:left}
        .rows td[data-label]::before{content:attr(data-label);display:block;color:var(--muted);\
        font-size:.78rem}
        .bullet{max-width:none}
        }

        """

    private static let print = """
        @media print{
        body{background:#fff;font-size:10.5pt}
        nav,.skip,.readout,summary{display:none}
        .wrap{max-width:none;padding-left:0;padding-right:0}
        .panel,.banner{border-radius:6px;box-shadow:none;print-color-adjust:exact;\
        -webkit-print-color-adjust:exact}
        .panel{padding:.8rem 1rem}
        figure,.chart,.rows tbody,.stats,tr{break-inside:avoid}
        h2,h3,.lead,figcaption,caption{break-after:avoid}
        pre{max-height:none;white-space:pre-wrap;overflow:visible}
        .scroll{overflow:visible;max-height:none}
        .grid-table{font-size:8.5pt}
        .grid-table th,.grid-table td{padding-left:.6rem}
        .chart *,.parts *,.bullet *,.swatch *,.key *{print-color-adjust:exact;\
        -webkit-print-color-adjust:exact}
        }

        """
}
