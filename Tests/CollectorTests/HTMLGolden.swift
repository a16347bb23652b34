// What the HTML report and its charts are made of: the first two panels of the failing run of
// ReportFixture, and one chart of each sort. A change here is a change of what people see: look at
// it in a browser before you accept it.

enum HTMLGolden {
    static let failing = """
        <section id="verdict" aria-labelledby="h-verdict">
        <div class="banner v-fail"><svg class="icon" viewBox="0 0 24 24" \
        aria-hidden="true"><circle cx="12" cy="12" r="9.5"/><path d="M8.5 8.5l7 7M15.5 8.5l-7 \
        7"/></svg><div>
        <h2 class="word" id="h-verdict">FAIL</h2>
        <p class="sum">1 of 3 criteria pass, 2 fail · exit code 99</p>
        <ul></ul>
        <p class="lead">Measured from 0s to 10s of run time, open model.</p>
        </div></div>
        <div class="panel">
        <h3>Criteria</h3>
        <table class="rows" role="table"><thead role="rowgroup"><tr role="row"><th \
        role="columnheader" scope="col">Verdict</th><th role="columnheader" \
        scope="col">Criterion</th><th role="columnheader" scope="col">Observed</th><th \
        role="columnheader" scope="col">Limit</th><th role="columnheader" \
        scope="col">Margin</th><th role="columnheader" scope="col">Interval</th><th \
        role="columnheader" scope="col">Samples</th></tr></thead>
        <tbody role="rowgroup"><tr role="row"><td role="cell" class="wide"><span class="chip \
        v-fail"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" \
        cy="12" r="9.5"/><path d="M8.5 8.5l7 7M15.5 8.5l-7 7"/></svg>FAIL</span></td><td \
        role="cell" class="wide"><div class="name"><bdi>http_req_response_time \
        p(95)</bdi></div><div class="sub"><bdi>threshold, without interval</bdi></div></td><td \
        role="cell" class="wide v-fail" data-label="Observed"><span class="big">40.00 \
        ms</span><svg class="bullet" aria-hidden="true" height="22"><rect class="b-track" y="8" \
        width="100%" height="6" rx="3"/><rect class="b-room" x="0%" y="8" width="23.15%" \
        height="6"/><line class="b-limit" x1="23.15%" x2="23.15%" y1="2" y2="20"/><circle \
        class="b-dot v-fail" cx="89.29%" cy="11" r="5"/></svg></td><td role="cell" class="nw" \
        data-label="Limit">&lt; 25 ms</td><td role="cell" class="nw" data-label="Margin">60.0 % \
        above</td><td role="cell" class="nw" data-label="Interval">-<div \
        class="sub"></div></td><td role="cell" data-label="Samples">80<div \
        class="sub"></div></td></tr>
        <tr role="row" class="why"><td role="cell"></td><td role="cell" colspan="6"><p>60.0 % \
        above the limit over 80 samples.</p><dl class="facts"><div><dt>Written \
        at</dt><dd><bdi>scenarios/orders.yaml:14</bdi></dd></div></dl></td></tr></tbody>
        <tbody role="rowgroup"><tr role="row"><td role="cell" class="wide"><span class="chip \
        v-pass"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" \
        cy="12" r="9.5"/><path d="M7.5 12.5l3 3 6-6.5"/></svg>PASS</span></td><td role="cell" \
        class="wide"><div class="name"><bdi>http_reqs rate</bdi></div><div \
        class="sub"><bdi>threshold, without interval</bdi></div></td><td role="cell" \
        class="wide v-pass" data-label="Observed"><span class="big">200.0/s</span><svg \
        class="bullet" aria-hidden="true" height="22"><rect class="b-track" y="8" width="100%" \
        height="6" rx="3"/><rect class="b-room" x="40.18%" y="8" width="59.82%" \
        height="6"/><line class="b-limit" x1="40.18%" x2="40.18%" y1="2" y2="20"/><circle \
        class="b-dot v-pass" cx="89.29%" cy="11" r="5"/></svg></td><td role="cell" class="nw" \
        data-label="Limit">&gt;= 90/s</td><td role="cell" class="nw" data-label="Margin">122.2 \
        % room</td><td role="cell" class="nw" data-label="Interval">-<div \
        class="sub"></div></td><td role="cell" data-label="Samples">2,000<div \
        class="sub"></div></td></tr>
        <tr role="row" class="why"><td role="cell"></td><td role="cell" colspan="6"><dl \
        class="facts"><div><dt>Written at</dt><dd><bdi>scenarios/orders.yaml:15</bdi></dd></div>\
        </dl></td></tr></tbody>
        <tbody role="rowgroup"><tr role="row"><td role="cell" class="wide"><span class="chip \
        v-fail"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" \
        cy="12" r="9.5"/><path d="M8.5 8.5l7 7M15.5 8.5l-7 7"/></svg>FAIL</span></td><td \
        role="cell" class="wide"><div class="name"><bdi>http_req_failed rate</bdi></div><div \
        class="sub"><bdi>threshold, without interval</bdi></div></td><td role="cell" \
        class="wide v-fail" data-label="Observed"><span class="big">0.5000 %</span><svg \
        class="bullet" aria-hidden="true" height="22"><rect class="b-track" y="8" width="100%" \
        height="6" rx="3"/><rect class="b-room" x="0%" y="8" width="17.86%" height="6"/><line \
        class="b-limit" x1="17.86%" x2="17.86%" y1="2" y2="20"/><circle class="b-dot v-fail" \
        cx="89.29%" cy="11" r="5"/></svg></td><td role="cell" class="nw" \
        data-label="Limit">&lt; 0.1 %</td><td role="cell" class="nw" data-label="Margin">400.0 \
        % above</td><td role="cell" class="nw" data-label="Interval">-<div \
        class="sub"></div></td><td role="cell" data-label="Samples">2,000<div \
        class="sub"></div></td></tr>
        <tr role="row" class="why"><td role="cell"></td><td role="cell" colspan="6"><p>400.0 % \
        above the limit over 2,000 samples.</p><dl class="facts"><div><dt>Written \
        at</dt><dd><bdi>scenarios/orders.yaml:16</bdi></dd></div></dl></td></tr></tbody>
        </table>
        </div>
        </section>
        <section class="panel" id="validity" aria-labelledby="h-validity">
        <h2 id="h-validity">Validity <span class="chip v-pass"><svg class="icon" viewBox="0 0 \
        24 24" aria-hidden="true"><circle cx="12" cy="12" r="9.5"/><path d="M7.5 12.5l3 3 \
        6-6.5"/></svg>VALID</span></h2>
        <p class="lead">The generator was not the bottleneck. The numbers below are the \
        target&#39;s.</p>
        <dl class="stats"><div><dt>Delivered</dt><dd>100.00 %<span class="more">of 2,000 \
        arrivals: late 0, dropped 0, missed 0</span></dd></div><div><dt>Schedule lag, \
        P99</dt><dd>0.20 ms<span class="more">largest 0.20 ms</span></dd></div><div><dt>Worker \
        CPU</dt><dd>40 %<span class="more">of the busiest \
        agent</span></dd></div><div><dt>Longest turn</dt><dd>1.00 ms</dd></div><div><dt>Tainted \
        windows</dt><dd>0<span class="more">of 20 measured</span></dd></div><div><dt>Samples \
        lost</dt><dd>0</dd></div></dl>
        <ul class="line-list"></ul>

        <p class="identity">accounting: planned 2000 = started 2000 + dropped 0 + missed 0 + \
        unaccounted 0; finals = merged, 2 of 2 agents</p>
        <dl class="pairs"><dt>Steady state</dt><dd><bdi>not tested: fewer than 20 \
        windows</bdi></dd><dt>Health bounds</dt><dd><bdi>none overridden</bdi></dd>\
        <dt>Calibration</dt><dd><bdi>not calibrated</bdi></dd><dt>Not \
        measured</dt><dd><bdi>coreBusy, runQueue, throttled, steal, pressure, \
        sockets, retransmits, clock</bdi></dd></dl>
        </section>

        """

    static let line = """
        <svg class="chart" role="img" aria-labelledby="x-0-t x-0-d" height="134"><title \
        id="x-0-t">A &amp; B</title><desc id="x-0-d">Goes &lt;up&gt;.</desc><line class="grid" \
        x2="100%" y1="110" y2="110"/><text class="ty" x="-8" y="114">0 ms</text><line \
        class="grid" x2="100%" y1="60" y2="60"/><text class="ty" x="-8" y="64">5 ms</text><line \
        class="grid" x2="100%" y1="10" y2="10"/><text class="ty" x="-8" y="14">10 \
        ms</text><line class="axis" x2="100%" y1="110" y2="110"/><line class="axis" x1="0%" \
        x2="0%" y1="110" y2="114"/><text class="tx" x="0%" y="128">0s</text><line class="axis" \
        x1="25%" x2="25%" y1="110" y2="114"/><text class="tx minor" x="25%" \
        y="128">1s</text><line class="axis" x1="50%" x2="50%" y1="110" y2="114"/><text \
        class="tx" x="50%" y="128">2s</text><line class="axis" x1="75%" x2="75%" y1="110" \
        y2="114"/><text class="tx minor" x="75%" y="128">3s</text><line class="axis" x1="100%" \
        x2="100%" y1="110" y2="114"/><text class="tx" x="100%" y="128">4s</text><rect \
        class="band warm" x="0%" y="10" width="25%" height="100"/><text class="note" x="0%" \
        dx="5" y="22">warm-up</text><rect class="band tainted" x="50%" y="10" width="25%" \
        height="100" fill="url(#hatch)"/><svg class="plot" y="10" width="100%" height="100" \
        viewBox="0 0 1000 100" preserveAspectRatio="none"><path class="line c1" \
        stroke-width="1.8" d="M125 60L375 40M875 10h0"/><path class="line c2" \
        stroke-width="1.8" stroke-dasharray="2 3" d="M250 80h0"/></svg><line class="interval" \
        x1="75%" x2="75%" y1="60" y2="40"/><circle class="interval" cx="75%" cy="60" \
        r="2"/><circle class="interval" cx="75%" cy="40" r="2"/><line class="limit" x2="100%" \
        y1="30" y2="30"/><circle class="limit-at" cx="50%" cy="30" r="4"/><text \
        class="limit-text" x="100%" dx="-4" y="26">P50 &lt; 8 ms</text><text class="end c1" \
        x="100%" dx="6" y="24">P50</text></svg>
        """

    static let heat = """
        <svg class="chart" role="img" aria-labelledby="x-0-t x-0-d" height="74"><title \
        id="x-0-t">A &amp; B</title><desc id="x-0-d">Goes &lt;up&gt;.</desc><line class="grid" \
        x2="100%" y1="50" y2="50"/><text class="ty" x="-8" y="54">10 ms</text><line \
        class="axis" x2="100%" y1="50" y2="50"/><line class="axis" x1="0%" x2="0%" y1="50" \
        y2="54"/><text class="tx" x="0%" y="68">0s</text><line class="axis" x1="50%" x2="50%" \
        y1="50" y2="54"/><text class="tx minor" x="50%" y="68">1s</text><line class="axis" \
        x1="100%" x2="100%" y1="50" y2="54"/><text class="tx" x="100%" y="68">2s</text><svg \
        class="plot" y="10" width="100%" height="40" viewBox="0 0 1000 40" \
        preserveAspectRatio="none"><path class="heat h0" d="M500 0h500.3v20.3h-500.3z"/><path \
        class="heat h6" d="M0 20h500.3v20.3h-500.3z"/></svg></svg>
        """

    static let small = """
        <svg class="bullet" aria-hidden="true" height="22"><rect class="b-track" y="8" \
        width="100%" height="6" rx="3"/><rect class="b-room" x="23.15%" y="8" width="52.08%" \
        height="6"/><line class="b-ci v-fail" x1="79.91%" x2="89.29%" y1="11" y2="11"/><line \
        class="b-limit" x1="23.15%" x2="23.15%" y1="2" y2="20"/><line class="b-limit" \
        x1="75.22%" x2="75.22%" y1="2" y2="20"/><circle class="b-dot v-fail" cx="84.6%" cy="11" \
        r="5"/></svg><svg class="parts" aria-hidden="true" height="26"><rect class="f1" x="0%" \
        width="25%" height="100%"/><rect class="f2" x="25%" width="75%" height="100%"/></svg>
        """
}
