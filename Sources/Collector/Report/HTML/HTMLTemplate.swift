// The page as a Mustache template. Triple braces are for our own markup only (fields that end in
// `Markup`): style, script, charts. A leading dot keeps a field that is nil from being looked up
// in what surrounds it.

import Mustache

enum HTMLTemplate {
    /// Page and partials, parsed once.
    static let library: MustacheLibrary = {
        MustacheContentTypes.register(HTMLContent(), named: HTMLContent.name)
        do {
            var library = MustacheLibrary()
            let parts = [
                "page": page, "evidence": evidence, "validity": validity, "figures": figures,
                "table": table, "setup": setup,
            ]
            // A partial forgets the content type of the page, so each names it.
            let pragma = "{{% CONTENT_TYPE:\(HTMLContent.name)}}"
            for (name, text) in parts { try library.register(pragma + text, named: name) }
            return library
        } catch {
            preconditionFailure("the template of report.html does not parse: \(error)")
        }
    }()

    private static let page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="{{{policyMarkup}}}">
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>{{title}}</title>
        <style>{{{styleMarkup}}}</style>
        </head>
        <body>
        <a class="skip" href="#verdict">Skip to the verdict</a>
        <svg class="defs" aria-hidden="true"><defs><pattern id="hatch" width="7" height="7" \
        patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
        <line class="hatch" y2="7"/></pattern></defs></svg>
        <header class="top wrap">
        <p class="brand">spotload load test report</p>
        <h1><bdi>{{scenario}}</bdi></h1>
        {{#.about}}<p class="about"><bdi>{{.}}</bdi></p>{{/.about}}
        <dl class="meta">{{#meta}}<div><dt>{{term}}</dt>\
        <dd><bdi>{{value}}</bdi></dd></div>{{/meta}}\
        </dl>
        </header>
        <nav aria-label="Panels"><ul class="wrap">
        <li><a href="#verdict">Verdict</a></li>
        <li><a href="#validity">Validity</a></li>
        <li><a href="#latency">Latency</a></li>
        <li><a href="#rates">Rates</a></li>
        <li><a href="#spectrum">Percentiles</a></li>
        <li><a href="#errors">Errors</a></li>
        <li><a href="#heat">Heat map</a></li>
        <li><a href="#phases">Phases</a></li>
        <li><a href="#tables">Requests and agents</a></li>
        <li><a href="#observed">Observed</a></li>
        <li><a href="#setup">Set-up</a></li>
        </ul></nav>
        <main class="wrap">
        {{#verdict}}{{> evidence}}{{/verdict}}
        {{#validity}}{{> validity}}{{/validity}}
        <section class="panel" id="latency" aria-labelledby="h-latency">
        <h2 id="h-latency">Latency</h2>
        <p class="lead">Response time counts from the intended start, service time from the moment \
        the request could be sent. Between the two lie schedule lag (the generator was late), VU \
        wait (no virtual user was free) and connection wait.</p>
        <h3 class="part">Side by side</h3>
        {{#.delays}}{{> table}}{{/.delays}}
        {{^.delays}}<p class="none">No request was measured.</p>{{/.delays}}
        <h3 class="part">Over time</h3>
        <p class="fine">All samples of each second, warm-up included.</p>
        {{#latency}}{{> figures}}{{/latency}}
        </section>
        <section class="panel" id="rates" aria-labelledby="h-rates">
        <h2 id="h-rates">Planned, started, completed, dropped</h2>
        <p class="lead">Iterations per second. Started follows planned while the generator and its \
        virtual users keep up.</p>
        {{#rates}}{{> figures}}{{/rates}}
        </section>
        <section class="panel" id="spectrum" aria-labelledby="h-spectrum">
        <h2 id="h-spectrum">Percentile spectrum</h2>
        <p class="lead">Each step to the right is one more nine. A line ends where the samples no \
        longer support a percentile. Measured part only.</p>
        {{#spectrum}}{{> figures}}{{/spectrum}}
        </section>
        <section class="panel" id="errors" aria-labelledby="h-errors">
        <h2 id="h-errors">Errors</h2>
        {{#errors}}{{> figures}}{{/errors}}
        {{#.errorTable}}{{> table}}{{/.errorTable}}
        {{#.statuses}}<p class="fine">Responses by status: {{.}}</p>{{/.statuses}}
        </section>
        <section class="panel" id="heat" aria-labelledby="h-heat">
        <h2 id="h-heat">Response time heat map</h2>
        <p class="lead">How many samples lay where and when: the darkest shade in light, the \
        brightest in dark, holds the most.</p>
        {{#heat}}{{> figures}}{{/heat}}
        </section>
        <section class="panel" id="phases" aria-labelledby="h-phases">
        <h2 id="h-phases">Phases of a request</h2>
        <p class="lead">Where the mean request spends its time.</p>
        {{#phases}}{{> figures}}{{/phases}}
        </section>
        <section class="panel" id="tables" aria-labelledby="h-tables">
        <h2 id="h-tables">Requests and agents</h2>
        <h3 class="part">Requests</h3>
        {{#.requests}}{{> table}}{{/.requests}}
        {{^.requests}}<p class="none">No request was measured.</p>{{/.requests}}
        <h3 class="part">Agents</h3>
        {{#.agents}}{{> table}}{{/.agents}}
        {{^.agents}}<p class="none">No agent took part.</p>{{/.agents}}
        </section>
        <section class="panel" id="observed" aria-labelledby="h-observed">
        <h2 id="h-observed">Observed on the target</h2>
        {{#observed}}{{> figures}}{{/observed}}
        </section>
        {{#setup}}{{> setup}}{{/setup}}
        </main>
        <footer class="wrap"><p>Made by spotload {{version}}. This file is complete: it loads \
        nothing and sends nothing.</p></footer>
        <script>{{{scriptMarkup}}}</script>
        </body>
        </html>

        """

    private static let evidence = """
        <section id="verdict" aria-labelledby="h-verdict">
        <div class="banner v-{{style}}">{{{iconMarkup}}}<div>
        <h2 class="word" id="h-verdict">{{word}}</h2>
        <p class="sum">{{sum}}</p>
        <ul>{{#reasons}}<li>{{.}}</li>{{/reasons}}</ul>
        <p class="lead">{{measured}}</p>
        </div></div>
        {{#hasEvidence}}<div class="panel">
        <h3>Criteria</h3>
        <table class="rows" role="table"><thead role="rowgroup"><tr role="row">\
        <th role="columnheader" scope="col">Verdict</th>\
        <th role="columnheader" scope="col">Criterion</th>\
        <th role="columnheader" scope="col">Observed</th>\
        <th role="columnheader" scope="col">Limit</th>\
        <th role="columnheader" scope="col">Margin</th>\
        <th role="columnheader" scope="col">Interval</th>\
        <th role="columnheader" scope="col">Samples</th></tr></thead>
        {{#evidence}}<tbody role="rowgroup"><tr role="row">\
        <td role="cell" class="wide"><span class="chip v-{{style}}">{{{iconMarkup}}}{{word}}</span>\
        {{#.gate}}<div class="sub">{{.}}</div>{{/.gate}}</td>\
        <td role="cell" class="wide"><div class="name"><bdi>{{name}}</bdi></div>\
        <div class="sub"><bdi>{{sub}}</bdi></div></td>\
        <td role="cell" class="wide v-{{style}}" data-label="Observed"><span class="big">\
        {{observed}}</span>{{{bulletMarkup}}}</td>\
        <td role="cell" class="nw" data-label="Limit">{{limit}}</td>\
        <td role="cell" class="nw" data-label="Margin">{{margin}}</td>\
        <td role="cell" class="nw" data-label="Interval">{{interval}}\
        <div class="sub">{{level}}</div>\
        </td>\
        <td role="cell" data-label="Samples">{{samples}}<div class="sub">{{effective}}</div></td>\
        </tr>
        <tr role="row" class="why"><td role="cell"></td><td role="cell" colspan="6">\
        {{#sentences}}<p>{{.}}</p>{{/sentences}}\
        <dl class="facts">{{#facts}}<div><dt>{{term}}</dt><dd><bdi>{{value}}</bdi></dd></div>\
        {{/facts}}</dl></td></tr></tbody>
        {{/evidence}}</table>
        </div>{{/hasEvidence}}
        </section>
        """

    private static let validity = """
        <section class="panel" id="validity" aria-labelledby="h-validity">
        <h2 id="h-validity">Validity <span class="chip v-{{style}}">{{{iconMarkup}}}{{word}}</span>\
        </h2>
        <p class="lead">{{lead}}</p>
        <dl class="stats">{{#stats}}<div><dt>{{term}}</dt><dd>{{value}}\
        {{#.more}}<span class="more">{{.}}</span>{{/.more}}</dd></div>{{/stats}}</dl>
        <ul class="line-list">{{#distrust}}<li><strong>Data not trusted:</strong> {{.}}</li>\
        {{/distrust}}</ul>
        {{#.signals}}{{> table}}{{/.signals}}
        <p class="identity">{{accounting}}{{#.stream}}<br>{{.}}{{/.stream}}</p>
        <dl class="pairs">{{#notes}}<dt>{{term}}</dt>\
        <dd><bdi>{{value}}</bdi></dd>{{/notes}}</dl>
        </section>
        """

    private static let figures = """
        {{#.none}}<p class="none">{{.}}</p>{{/.none}}\
        <div class="figs{{#isPaired}} two{{/isPaired}}">
        {{#figures}}<figure{{#.seconds}} data-seconds="{{.}}"{{/.seconds}}>
        <figcaption><h3><bdi>{{heading}}</bdi></h3>\
        {{#.hint}}<span class="hint">{{.}}</span>{{/.hint}}\
        {{#.seconds}}<output class="readout"></output>{{/.seconds}}</figcaption>
        <ul class="legend">{{#legend}}<li>{{{swatchMarkup}}}<bdi>{{label}}</bdi></li>{{/legend}}\
        </ul>
        {{{chartMarkup}}}
        {{#.data}}<details><summary>Numbers as a table</summary>\
        <div class="scroll tall" role="region" tabindex="0" aria-label="{{caption}}">\
        <table class="grid-table"><caption>{{caption}}</caption><thead><tr>\
        {{#head}}<th scope="col"><bdi>{{.}}</bdi></th>{{/head}}</tr></thead>\
        <tbody>{{{bodyMarkup}}}</tbody></table></div></details>{{/.data}}
        </figure>{{/figures}}
        </div>{{#.omitted}}<p class="fine">{{.}}</p>{{/.omitted}}
        """

    private static let table = """
        <div class="scroll" role="region" tabindex="0" aria-label="{{caption}}">\
        <table class="grid-table"><caption>{{caption}}</caption><thead><tr>\
        {{#head}}<th scope="col" class="{{style}}">{{text}}</th>{{/head}}</tr></thead><tbody>
        {{#rows}}<tr>{{#cells}}<td class="{{style}}"><bdi>{{text}}</bdi></td>{{/cells}}</tr>
        {{/rows}}</tbody></table></div>
        """

    private static let setup = """
        <section class="panel" id="setup" aria-labelledby="h-setup">
        <h2 id="h-setup">Set-up</h2>
        <h3 class="part">Run</h3>
        <dl class="pairs">{{#run}}<dt>{{term}}</dt><dd><bdi>{{value}}</bdi></dd>{{/run}}</dl>
        <h3 class="part">Machine of the collector</h3>
        <dl class="pairs">{{#environment}}<dt>{{term}}</dt><dd><bdi>{{value}}</bdi></dd>\
        {{/environment}}</dl>
        {{#.processes}}<h3 class="part">Processes</h3>{{> table}}{{/.processes}}
        {{#.files}}<h3 class="part">Files and their SHA-256</h3>{{> table}}{{/.files}}
        <h3 class="part">Effective scenario</h3>
        {{#.scenarioText}}<pre tabindex="0" aria-label="Effective scenario">{{.}}</pre>\
        {{/.scenarioText}}
        {{#.scenarioNote}}<p class="fine">{{.}}</p>{{/.scenarioNote}}
        </section>
        """
}
