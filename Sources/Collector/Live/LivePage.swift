// The live page: one document, one style, one script, all from the same origin (CSP `default-src
// 'self'`). The script builds everything that has data; foreign text gets in as text only.

enum LivePage {
    static let html = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>spotload live</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/app.css">
        <script src="/app.js" defer></script>
        </head>
        <body>
        <header>
          <p class="brand"><img src="/icon.svg" alt="" width="20" height="20">spotload
            <span id="link" class="quiet">connecting</span></p>
          <h1 id="title">waiting for the run</h1>
          <p id="facts" class="quiet"></p>
          <div id="banner" class="banner"><div>
            <p id="verdict" class="verdict" role="status" aria-live="polite">starting</p>
            <ul id="reasons" hidden></ul>
            <div id="progress" class="progress" hidden><div id="bar"></div></div>
          </div></div>
        </header>
        <main>
          <noscript><p>This page draws with a script of its own: allow it.</p></noscript>
          <section aria-labelledby="h-criteria">
            <h2 id="h-criteria">Criteria</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="criteria">
            <table id="criteria" class="cards"><thead><tr><th scope="col">Verdict</th>
              <th scope="col">Criterion</th><th scope="col" class="n">Observed</th>
              <th scope="col" class="n">95 % interval</th>
              <th scope="col" class="n">Limit</th></tr></thead><tbody></tbody></table></div>
          </section>
          <section aria-labelledby="h-now">
            <h2 id="h-now">Now</h2>
            <div id="scenarios" class="tabs" role="group" aria-label="scenario"></div>
            <dl id="tiles" class="tiles"></dl>
          </section>
          <section aria-labelledby="h-time">
            <h2 id="h-time">Over time</h2>
            <p class="quiet">Grey: warm-up. Hatched: the generator itself was late. Point at a chart
              for the values of that second.</p>
            <div id="charts" class="charts"></div>
            <details><summary>The last 20 seconds as a table</summary>
            <div class="scroll" tabindex="0" role="region" aria-label="last seconds">
            <table id="seconds"><thead></thead><tbody></tbody></table></div></details>
          </section>
          <section id="errors-section" aria-labelledby="h-errors" hidden>
            <h2 id="h-errors">Errors</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="errors">
            <table id="errors"><thead><tr><th scope="col">Class</th>
              <th scope="col" class="n">Seen here</th><th scope="col" class="n">First</th>
              <th scope="col" class="n">Last</th></tr></thead><tbody></tbody></table></div>
          </section>
          <section aria-labelledby="h-agents">
            <h2 id="h-agents">Agents</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="agents">
            <table id="agents" class="cards"><thead><tr><th scope="col">Agent</th>
              <th scope="col">State</th>
              <th scope="col" class="n">Delivered</th><th scope="col" class="n">Lag p99</th>
              <th scope="col" class="n">Longest turn</th><th scope="col" class="n">Worker CPU</th>
              <th scope="col" class="n">Behind</th><th scope="col" class="n">Lost samples</th></tr>
              </thead><tbody></tbody></table></div>
          </section>
        </main>
        \(icons)</body>
        </html>

        """

    /// Drawings of the verdicts, which the script copies.
    private static let icons = Verdict.allCases.map { verdict in
        "<template id=\"icon-\(verdict.rawValue)\">\(HTMLIcon.verdict(verdict))</template>\n"
    }.joined()

    static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" \
        rx="3" fill="#0b7285"/><path d="M2 12 6 7l3 3 5-7" fill="none" stroke="#fff" \
        stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>

        """
}
