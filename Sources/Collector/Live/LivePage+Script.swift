// The live page's script: reads the stream, keeps the last 600 seconds, draws them as SVG. It uses
// no library and asks for nothing but /events.
//
// Every text from outside (names of scenarios, criteria, agents) is set as text, never as markup.

extension LivePage {
    static let script = scriptData + scriptCharts + scriptTables + scriptStream

    private static let scriptData = #"""
        'use strict';
        const KEEP = 600, SVG = 'http://www.w3.org/2000/svg';
        const $ = (id) => document.getElementById(id);
        const state = { windows: [], chosen: null, cursor: null, over: false };

        const el = (name, attributes = {}, text) => {
          const node = document.createElement(name);
          for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
          if (text !== undefined) node.textContent = text;
          return node;
        };
        const sv = (name, attributes = {}) => {
          const node = document.createElementNS(SVG, name);
          for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
          return node;
        };
        const known = (value) => value !== undefined && value !== null;
        const num = (value) => {
          if (!known(value)) return '–';
          const size = Math.abs(value);
          const places = Number.isInteger(value) || size >= 1000 ? 0 : size >= 10 ? 1 : 2;
          return value.toLocaleString('en-US',
            { minimumFractionDigits: places, maximumFractionDigits: places });
        };
        const clock = (seconds) => {
          const s = Math.max(0, Math.round(seconds)), two = (n) => String(n).padStart(2, '0');
          const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
          return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest.replace(/^0/, '');
        };
        const share = (value) => known(value) ? `${(value * 100).toFixed(value > 0.9999 &&
          value < 1 ? 3 : 2)} %` : '–';
        const scenario = (w) => w.scenarios.find((s) => s.name === state.chosen) || w.scenarios[0];
        const last = () => state.windows[state.windows.length - 1];

        """#

    private static let scriptCharts = #"""
        const of = (key, field) => (s) => s[key] ? s[key][field] : null;
        const CHARTS = [
          { title: 'Iterations per second', unit: '/s', lines: [
            ['planned', 'c3', '7 3', (s) => s.planned], ['started', 'c1', '', (s) => s.started],
            ['completed', 'c2', '2 2', (s) => s.completed],
            ['dropped', 'c4', '1 3', (s) => s.isOpen ? s.dropped : null]] },
          { title: 'Response time, service time', unit: 'ms', lines: [
            ['response p50', 'c2', '', of('response', 'p50')],
            ['response p95', 'c1', '', of('response', 'p95')],
            ['response p99', 'c5', '', of('response', 'p99')],
            ['service p50', 'c2', '4 3', of('service', 'p50')],
            ['service p99', 'c5', '4 3', of('service', 'p99')]] },
          { title: 'Schedule lag of the generator', unit: 'ms', lines: [
            ['lag p99', 'c1', '', of('lag', 'p99')], ['lag max', 'c3', '4 3', of('lag', 'max')]] },
          { title: 'Virtual users', unit: '', lines: [['VUs', 'c1', '', (s) => s.vus]] },
          { title: 'Errors per second', unit: '/s', lines: [
            ['failed requests', 'c4', '', (s) => s.failed],
            ['late arrivals', 'c3', '4 3', (s) => s.isOpen ? s.late : null]] },
        ];

        const steps = (top) => {
          const raw = top / 4, power = 10 ** Math.floor(Math.log10(raw));
          const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw);
          return Array.from({ length: Math.ceil(top / step) + 1 }, (_, i) => i * step);
        };
        const timeStep = (span, room) => [5, 10, 15, 30, 60, 120, 300, 600]
          .find((s) => span / s <= room) || 1200;

        class Chart {
          constructor(spec) {
            this.spec = spec;
            this.hatch = `hatch-${charts.length}`;
            this.figure = el('figure');
            const caption = el('figcaption', {}, spec.title);
            this.at = el('span', { class: 'quiet' });
            caption.append(this.at);
            this.svg = sv('svg', { role: 'img', 'aria-label': spec.title });
            this.legend = el('ul', { class: 'legend' });
            this.values = spec.lines.map(([name, color, dash]) => {
              const item = el('li'), key = sv('svg', { 'aria-hidden': 'true' });
              key.append(sv('line', { x1: 0, x2: 22, y1: 5, y2: 5, class: color,
                'stroke-dasharray': dash || 'none' }));
              const value = el('b');
              item.append(key, name + ' ', value);
              this.legend.append(item);
              return value;
            });
            this.figure.append(caption, this.svg, this.legend);
            this.svg.addEventListener('pointermove', (event) => this.point(event));
            this.svg.addEventListener('pointerleave', () => { state.cursor = null; draw(); });
          }

          point(event) {
            if (!this.x) return;
            const box = this.svg.getBoundingClientRect();
            const second = Math.floor(this.second(event.clientX - box.left));
            state.cursor = state.windows.some((w) => w.window === second) ? second : null;
            draw();
          }

          draw() {
            const windows = state.windows, width = this.svg.clientWidth || 300, height = 180;
            const left = 46, right = 8, top = 10, bottom = 20;
            if (windows.length === 0) return;
            const begin = windows[0].window, end = Math.max(last().window + 1, begin + 30);
            const rows = this.spec.lines.map((line) => windows.map((w) => line[3](scenario(w), w)));
            const high = Math.max(0, ...rows.flat().filter(known));
            const ticks = steps(high > 0 ? high * 1.05 : 1), peak = ticks[ticks.length - 1];
            this.x = (t) => left + (t - begin) / (end - begin) * (width - left - right);
            this.second = (x) => begin + (x - left) / (width - left - right) * (end - begin);
            const y = (v) => height - bottom - v / peak * (height - top - bottom);
            const hatch = sv('pattern', { id: this.hatch, width: 6, height: 6,
              patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' });
            hatch.append(sv('line', { class: 'hatch', x1: 0, x2: 0, y1: 0, y2: 6 }));
            const parts = [hatch];
            for (const w of windows) {
              const kind = w.phase === 'warmup' ? 'warmup' : w.tainted > 0 ? 'tainted' : null;
              if (kind) parts.push(sv('rect', { class: kind,
                fill: `url(#${this.hatch})`, x: this.x(w.window), y: top,
                width: this.x(w.window + 1) - this.x(w.window), height: height - top - bottom }));
            }
            for (const tick of ticks) {
              parts.push(sv('line', { class: 'grid', x1: left, x2: width - right, y1: y(tick),
                y2: y(tick) }));
              const label = sv('text', { class: 'tick', x: left - 6, y: y(tick) + 4,
                'text-anchor': 'end' });
              label.textContent = tick.toLocaleString('en-US', { maximumSignificantDigits: 3,
                notation: tick >= 100000 ? 'compact' : 'standard' });
              parts.push(label);
            }
            const step = timeStep(end - begin, Math.max(2, (width - left) / 70));
            for (let t = Math.ceil(begin / step) * step; t <= end; t += step) {
              const label = sv('text', { class: 'tick', x: this.x(t), y: height - 5,
                'text-anchor': t === end ? 'end' : 'middle' });
              label.textContent = clock(t);
              parts.push(label);
            }
            rows.forEach((values, i) => parts.push(this.path(values, i, y)));
            if (state.cursor !== null && state.cursor >= begin) {
              const x = this.x(state.cursor + 0.5);
              parts.push(sv('line', { class: 'cursor', x1: x, x2: x, y1: top,
                y2: height - bottom }));
            }
            this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
            this.svg.replaceChildren(...parts);
            this.tell();
          }

          path(values, i, y) {
            const [, color, dash] = this.spec.lines[i];
            let text = '', isDown = false;
            values.forEach((value, k) => {
              if (!known(value)) { isDown = false; return; }
              const x = this.x(state.windows[k].window + 0.5).toFixed(1);
              const isAlone = !isDown && !known(values[k + 1]);
              text += `${isDown ? 'L' : 'M'}${x} ${y(value).toFixed(1)}${isAlone ? 'h1' : ''}`;
              isDown = true;
            });
            return sv('path', { class: `s ${color}`, d: text || 'M0 0',
              'stroke-dasharray': dash || 'none' });
          }

          tell() {
            const w = state.windows.find((w) => w.window === state.cursor) || last();
            const said = this.spec.lines.map((line, i) => {
              const value = line[3](scenario(w), w);
              const text = known(value) ? `${num(value)}${this.spec.unit && ' ' + this.spec.unit}`
                : '–';
              this.values[i].textContent = text;
              return `${line[0]} ${text}`;
            });
            this.at.textContent = `${state.cursor === null ? '' : 'at '}${clock(w.window)}`;
            this.svg.setAttribute('aria-label',
              `${this.spec.title} at ${clock(w.window)}: ${said.join(', ')}`);
          }
        }

        const charts = [];
        const addChart = (spec) => {
          const chart = new Chart(spec);
          charts.push(chart);
          $('charts').append(chart.figure);
        };
        const watched = new Set();
        const addObserved = (w) => {
          for (const item of w.observed) {
            if (watched.has(item.name)) continue;
            watched.add(item.name);
            addChart({ title: item.name, unit: '', lines: [['observed', 'c1', '', (_, w) => {
              const found = w.observed.find((o) => o.name === item.name);
              return found ? found.value : null;
            }]] });
          }
        };

        """#

    private static let scriptTables = #"""
        const fill = (body, rows) => {
          body.replaceChildren(...rows.map((cells) => {
            const row = el('tr');
            for (const [text, kind, more] of cells) {
              const cell = el('td', kind ? { class: kind } : {}, text);
              if (more) cell.append(el('small', {}, more));
              row.append(cell);
            }
            return row;
          }));
        };
        const showCriteria = (criteria) => {
          const rows = criteria.map((c) => [
            [c.isGated || c.verdict !== 'FAIL' ? c.verdict : 'FAIL (not gated)', c.verdict],
            [c.name, 'name', c.reason], [c.observed, 'n', c.interval], [c.limit, 'n']]);
          fill($('criteria').tBodies[0], rows.length ? rows
            : [[['–'], ['the scenario has none', 'name'], [''], ['']]]);
        };
        const showErrors = () => {
          const seen = new Map();
          for (const w of state.windows) {
            for (const [kind, count] of Object.entries(scenario(w).errors)) {
              const row = seen.get(kind) || { count: 0, first: w.window };
              seen.set(kind, { count: row.count + count, first: row.first, last: w.window });
            }
          }
          $('errors-section').hidden = seen.size === 0;
          fill($('errors').tBodies[0], [...seen].sort((a, b) => b[1].count - a[1].count)
            .map(([kind, row]) => [[kind], [num(row.count), 'n'], [clock(row.first), 'n'],
              [clock(row.last), 'n']]));
        };
        const showAgents = (w) => fill($('agents').tBodies[0], w.agents.map((a) => [
          [String(a.slot)], [(a.signals.length ? `${a.state}: ${a.signals.join(', ')}` :
            a.state) + (a.isFinal ? ', ended' : '')],
          [share(a.delivered), 'n'], [known(a.lagP99) ? `${num(a.lagP99)} ms` : '–', 'n'],
          [known(a.turnMax) ? `${num(a.turnMax)} ms` : '–', 'n'],
          [known(a.cpu) ? `${(a.cpu * 100).toFixed(0)} %` : '–', 'n'],
          [a.behind ? `${a.behind} s` : '0', 'n'], [num(a.lost), 'n']]));
        const showScenarios = (w) => {
          if (w.scenarios.length < 2) return;
          const box = $('scenarios');
          if (box.children.length === 0) {
            for (const s of w.scenarios) {
              const button = el('button', { type: 'button' }, s.name);
              button.addEventListener('click', () => { state.chosen = s.name; show(); });
              box.append(button);
            }
          }
          const chosen = scenario(w).name;
          for (const button of box.children) {
            button.setAttribute('aria-pressed', String(button.textContent === chosen));
          }
        };
        const showTiles = (w) => {
          const s = scenario(w), sum = (key) => state.windows
            .reduce((n, w) => n + scenario(w)[key], 0);
          const tiles = [
            ['completed', num(s.completed), s.isOpen ? `of ${num(s.planned)} planned /s` : '/s'],
            ['response p95', num(of('response', 'p95')(s)), 'ms'],
            ['response p99', num(of('response', 'p99')(s)), 'ms'],
            ['service p99', num(of('service', 'p99')(s)), 'ms'],
            ['VUs', num(s.vus), ''],
            ['failed', num(s.failed), `/s, ${num(sum('failed'))} seen`],
            ['schedule lag p99', num(of('lag', 'p99')(s)), 'ms']];
          $('tiles').replaceChildren(...tiles.map(([name, value, unit]) => {
            const box = el('div'), dd = el('dd', {}, value + ' ');
            dd.append(el('small', {}, unit));
            box.append(el('dt', {}, name), dd);
            return box;
          }));
        };
        const showSeconds = () => {
          const table = $('seconds');
          const names = CHARTS.flatMap((c) => c.lines.map((l) => [l, c.unit]));
          if (!table.tHead.rows.length) {
            const row = el('tr');
            row.append(el('th', { scope: 'col' }, 'time'));
            for (const [line, unit] of names) {
              row.append(el('th', { scope: 'col', class: 'n' }, unit ? `${line[0]}, ${unit}`
                : line[0]));
            }
            table.tHead.append(row);
          }
          fill(table.tBodies[0], state.windows.slice(-20).reverse().map((w) =>
            [[clock(w.window)], ...names.map(([line]) => [num(line[3](scenario(w), w)), 'n'])]));
        };
        const PHASES = { warmup: 'warming up', measured: 'running', paused: 'paused',
          draining: 'ending' };
        const showHead = (w) => {
          const r = w.run, at = w.window + 1, whole = known(r.durationS);
          document.title = `${r.scenario} – spotload live`;
          $('title').textContent = r.scenario;
          $('facts').textContent = `run ${r.id}, seed ${r.seed}, ${r.agents} agent` +
            `${r.agents === 1 ? '' : 's'}, target ${r.target}, spotload ${r.version}`;
          $('progress').hidden = !whole;
          if (whole) $('bar').style.width = `${Math.min(100, at / r.durationS * 100)}%`;
          if (!state.over) {
            $('verdict').textContent = `${PHASES[w.phase] || w.phase}, ${clock(at)}` +
              `${whole ? ` of ${clock(r.durationS)}` : ''}`;
          }
        };

        """#

    private static let scriptStream = #"""
        const draw = () => charts.forEach((chart) => chart.draw());
        const show = () => {
          const w = last();
          if (!w) return;
          showHead(w);
          showScenarios(w);
          showTiles(w);
          if (!state.over) showCriteria(w.criteria);
          showErrors();
          showAgents(w);
          addObserved(w);
          draw();
          showSeconds();
          document.body.dataset.windows = String(state.seen);
        };
        let due = false;
        const soon = () => {
          if (due) return;
          due = true;
          const run = () => { due = false; show(); };
          if (document.hidden) setTimeout(run, 0); else requestAnimationFrame(run);
        };
        state.seen = 0;
        const take = (w) => {
          if (state.windows.length && w.window <= last().window) return;
          state.windows.push(w);
          state.seen += 1;
          if (state.windows.length > KEEP) state.windows.shift();
          soon();
        };
        const finish = (v) => {
          state.over = true;
          const reasons = v.reasons.length ? `: ${v.reasons.join('; ')}` : '';
          const line = $('verdict');
          line.className = `verdict ${v.verdict}`;
          line.textContent = `${v.verdict} (exit ${v.exitCode})${reasons}.` +
            (v.directory ? ` The reports are in ${v.directory}.` : '');
          $('link').textContent = 'the run is over';
          showCriteria(v.criteria);
          soon();
        };
        const token = new URLSearchParams(location.search).get('token') || '';
        const listen = () => {
          const source = new EventSource(`/events?token=${encodeURIComponent(token)}`);
          source.addEventListener('open', () => { $('link').textContent = 'live'; });
          source.addEventListener('window', (event) => take(JSON.parse(event.data)));
          source.addEventListener('phase', (event) => {
            if (!state.windows.length) $('verdict').textContent = JSON.parse(event.data).text;
          });
          source.addEventListener('verdict', (event) => {
            source.close();
            finish(JSON.parse(event.data));
          });
          source.addEventListener('error', () => {
            $('link').textContent = 'connection lost, trying again';
            // A refusal (too many pages) ends the source for good; a lost connection does not.
            if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
          });
        };
        CHARTS.forEach(addChart);
        new ResizeObserver(() => draw()).observe($('charts'));
        listen();
        """# + "\n"
}
