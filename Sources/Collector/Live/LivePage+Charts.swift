// The live page's charts: one SVG each, drawn anew with every window. Colours and dashes are those
// of the report's charts of the same numbers.

extension LivePage {
    static let scriptCharts = #"""
        const of = (key, field) => (s) => s[key] ? s[key][field] : null;
        const CHARTS = [
          { title: 'Iterations per second', unit: '/s', lines: [
            ['planned', 'cm', '7 3', (s) => s.planned], ['started', 'c2', '', (s) => s.started],
            ['completed', 'c1', '10 3 2 3', (s) => s.completed],
            ['dropped', 'c3', '2 3', (s) => s.isOpen ? s.dropped : null]] },
          { title: 'Response time, service time', unit: 'ms', lines: [
            ['response p50', 'c1', '', of('response', 'p50')],
            ['response p95', 'c2', '', of('response', 'p95')],
            ['response p99', 'c3', '', of('response', 'p99')],
            ['service p50', 'c1', '2 3', of('service', 'p50')],
            ['service p99', 'c3', '9 3 2 3', of('service', 'p99')]] },
          { title: 'Before a request is sent', unit: 'ms', lines: [
            ['lag p99', 'c2', '', of('lag', 'p99')], ['lag max', 'c3', '7 3', of('lag', 'max')],
            ['VU wait p99', 'c5', '10 3 2 3', of('vuWait', 'p99')],
            ['connection wait p99', 'c1', '2 3', of('connWait', 'p99')]] },
          { title: 'Virtual users', unit: '', lines: [['VUs', 'c5', '', (s) => s.vus]] },
          { title: 'Errors per second', unit: '/s', lines: [
            ['failed requests', 'c4', '', (s) => s.failed],
            ['late arrivals', 'c3', '7 3', (s) => s.isOpen ? s.late : null]] },
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
              key.append(sv('line', { x1: 0, x2: 30, y1: 5, y2: 5, class: color,
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
            const begin = windows[0].window, least = state.over ? 1 : 30;
            const end = Math.max(last().window + 1, begin + least);
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
            const w = state.windows.find((w) => w.window === state.cursor) || current();
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
}
