// One document with a map of every kind the language has, and the files it names.

import Foundation
import TestSupport

enum EveryKeyDocument {
    /// Writes document and files to a folder; returns the document's path.
    static func write(to folder: TemporaryDirectory) throws -> String {
        for name in ["data", "pem"] {
            try FileManager.default.createDirectory(
                at: folder.url.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        _ = try folder.write("key,secret\na,1\nb,2\n", to: "data/accounts.csv")
        _ = try folder.write("[{\"name\": \"A\"}]", to: "data/symbols.json")
        _ = try folder.write("1.5\n2.5\n", to: "data/times.csv")
        _ = try folder.write("{}", to: "data/body.json")
        for name in ["ca", "cert", "key"] { _ = try folder.write("PEM", to: "pem/\(name).pem") }
        return try folder.write(text, to: "every.yaml")
    }

    static let text = #"""
        name: every
        description: every map of the language
        target: http://h
        engine: { accounts: 10 }
        seed: 1
        tags: { team: a }
        x-anchor: &anchor { maxVUs: 4 }
        defaults:
          timeout: 2s
          headers: { Accept: "*/*" }
          http: 1.1
          compression: true
          dnsTtl: 0
          localAddress: 127.0.0.1
          tls: { verify: true, ca: pem/ca.pem, cert: pem/cert.pem, key: pem/key.pem }
        data:
          accounts: { file: data/accounts.csv, delimiter: ",", by: order.account }
          symbols: { file: data/symbols.json, pick: random }
        warmup: 1s
        scenarios:
          shared-iterations: { executor: shared-iterations, exec: read, vus: 2, iterations: 5 }
          per-vu-iterations: { executor: per-vu-iterations, exec: read, maxDuration: 5s }
          constant-vus: { executor: constant-vus, exec: read, duration: 5s, env: { A: b } }
          ramping-vus:
            executor: ramping-vus
            exec: read
            stages: [{ duration: 1s, target: 3 }, { duration: 0, target: 0 }]
          constant-arrival-rate:
            <<: *anchor
            executor: constant-arrival-rate
            exec: trade
            rate: 5
            duration: 5s
            preAllocatedVUs: 3
            hawkes: { branching: 0.5, decay: 10 }
          ramping-arrival-rate:
            executor: ramping-arrival-rate
            exec: trade
            stages: [{ duration: 1s, target: 3 }]
            preAllocatedVUs: 3
            hawkes: false
          externally-controlled:
            executor: externally-controlled
            exec: read
            maxVUs: 3
            duration: 0
          replay: { executor: replay, exec: read, file: data/times.csv, preAllocatedVUs: 3 }
        flows:
          setup: [{ get: { url: /x, capture: { first: $.a } } }]
          teardown: [{ delete: /x }]
          trade:
            - order:
                mix: { limit: 3, cancel: 1 }
                offset: { alpha: 1.5 }
                lots: { cap: 10 }
            - request: { from: order, rejects: [400, 4xx], headers: { K: "${data.accounts.key}" } }
          read:
            - get:
                url: "/x?s=${data.symbols.name}"
                check:
                  status: { "<": 400 }
                  header: { A: { exists: true } }
                  json: { $: { length: { ">": 1 } } }
                  body: { contains: a, in: [a, b] }
                  time: { "<": 100ms }
                capture: { a: $.a, b: { regex: "x(.)", group: 1 } }
            - post: { url: /x, bodyFile: data/body.json, check: [{ name: ok, status: 200 }] }
            - think: { uniform: [1ms, 2ms] }
            - choose: [{ weight: 1, steps: [{ think: 1 }] }]
            - { if: "exists(a)", then: [{ log: yes }], else: [{ fail: no }] }
            - repeat: { times: 2, steps: [{ get: "/r/${loop}" }] }
            - parallel: { max: 2, steps: [{ get: /a }, { get: /b }] }
            - batch: { steps: [{ get: /c }] }
            - group: { name: g, steps: [{ put: { url: "/${setup.first}", json: [1, null] } }] }
            - metric: { name: mine, type: trend, value: "${response.time}", time: true }
        thresholds:
          http_reqs: ["count>1", { threshold: "rate>1", abortOnFail: true, window: 10s }]
          mine: "p(95)<3"
        criteria:
          - { name: tps, metric: iterations, statistic: rate, op: ">=", limit: 1/s, gate: false }
          - name: p99
            metric: http_req_response_time
            selector: { name: "GET /a", status: 200 }
            statistic: p(99)
            op: <
            limit: 200ms
            window: { from: 1s, to: 5s }
            excludeWarmup: false
            confidence: 0.9
            abort: { delay: 1m }
          - { name: objective, metric: http_req_response_time, statistic: "ratio(<=100ms)",
              op: ">", limit: 99%, window: { slice: 1s, allow: 1% }, confidence: off }
          - { name: cpu, metric: observe.engine.cpu, per: observe.engine.cores, statistic: avg,
              op: within, limit: [10%, 70%], abort: true }
        observe:
          - name: engine
            url: /metrics
            interval: 1s
            metrics:
              cpu: { series: process_cpu_seconds_total, as: rate, scale: 1 }
              cores: { series: 'cores{host="a",kind="all"}' }
        health: { turn: [10ms, null], delivered: [99%, 98%], steal: null, throttled: [0, 3] }
        steady: warn
        summaryTrendStats: [avg, "p(99.9)"]
        onAgentLoss: fail
        fleet: { heartbeat: 1s }

        """#
}
