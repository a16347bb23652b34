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
        // Of a run that is over the last second under load: what drained after it says nothing.
        const current = () => state.over
          && state.windows.findLast((w) => w.phase === 'measured') || last();

        """#

    private static let scriptTables = #"""
        const fill = (table, rows) => {
          const labels = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
          table.tBodies[0].replaceChildren(...rows.map((cells) => {
            const row = el('tr');
            cells.forEach(([text, kind, more], i) => {
              const cell = el('td', kind ? { class: kind } : {});
              if (!/wide/.test(kind)) cell.dataset.label = labels[i];
              cell.append(text);
              if (more) cell.append(el('small', {}, more));
              row.append(cell);
            });
            return row;
          }));
        };
        const icon = (verdict) => {
          const template = $(`icon-${verdict}`);
          return template ? template.content.cloneNode(true) : '';
        };
        const chip = (verdict, isGated) => {
          const node = el('span', { class: `chip v-${verdict.toLowerCase()}` });
          const isPlain = isGated || verdict !== 'FAIL';
          node.append(icon(verdict), isPlain ? verdict : `${verdict}, not gated`);
          return node;
        };
        const showCriteria = (criteria) => {
          const rows = criteria.map((c) => [
            [chip(c.verdict, c.isGated), 'wide'], [c.name, 'name wide', c.reason],
            [c.observed, 'n big'], [c.interval || '–', 'n'], [c.limit, 'n']]);
          fill($('criteria'), rows.length ? rows
            : [[['–', 'wide'], ['the scenario has none', 'wide'], [''], [''], ['']]]);
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
          fill($('errors'), [...seen].sort((a, b) => b[1].count - a[1].count)
            .map(([kind, row]) => [[kind], [num(row.count), 'n'], [clock(row.first), 'n'],
              [clock(row.last), 'n']]));
        };
        const showAgents = (w) => fill($('agents'), w.agents.map((a) => [
          [String(a.slot)], [(a.signals.length ? `${a.state}: ${a.signals.join(', ')}` :
            a.state) + (a.isFinal ? ', ended' : ''), 'wide'],
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
          $('h-now').textContent = state.over ? `The last second under load, ${clock(w.window)}`
            : 'Now';
          const s = scenario(w), sum = (key) => state.windows
            .reduce((n, w) => n + scenario(w)[key], 0);
          const tiles = [
            ['completed', num(s.completed), s.isOpen ? `of ${num(s.planned)} planned /s` : '/s'],
            ['response p95', num(of('response', 'p95')(s)), 'ms'],
            ['response p99', num(of('response', 'p99')(s)), 'ms'],
            ['service p99', num(of('service', 'p99')(s)), 'ms'],
            ['VUs', num(s.vus), ''],
            ['failed', num(s.failed), `/s, ${num(sum('failed'))} seen`],
            ['schedule lag p99', num(of('lag', 'p99')(s)), 'ms'],
            ['VU wait p99', num(of('vuWait', 'p99')(s)), 'ms'],
            ['connection wait p99', num(of('connWait', 'p99')(s)), 'ms'],
            ['lane', s.lane, '']];
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
          fill(table, state.windows.slice(-20).reverse().map((w) =>
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
          $('progress').hidden = !whole || state.over;
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
          showTiles(current());
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
          const banner = $('banner'), list = $('reasons');
          banner.className = `banner v-${v.verdict.toLowerCase()}`;
          banner.prepend(icon(v.verdict));
          $('verdict').textContent = `${v.verdict} (exit ${v.exitCode})`;
          list.replaceChildren(...v.reasons.map((reason) => el('li', {}, reason)));
          list.append(el('li', {}, `Lasted ${clock(v.durationS)}.` +
            (v.directory ? ` The reports are in ${v.directory}` : '')));
          list.hidden = false;
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
