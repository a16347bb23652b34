// The starter for what the order-flow model is made for.

extension StarterScenario {
    static let orders = StarterScenario(
        name: "orders", summary: "orders against a spot exchange, the bundled engine or yours",
        text: #"""
            # yaml-language-server: $schema=spotload.schema.json      (written by: spotload schema)
            # Orders: a steady mix at 500 a second, against the bundled engine unless TARGET names
            # another. The same seed sends the same orders, on any number of agents.
            #
            #   spotload run scenario.yaml
            #   TARGET=http://127.0.0.1:8080 spotload run scenario.yaml
            name: orders
            description: 500 orders a second and a few readers of the book
            target: ${TARGET:-}            # empty: the engine below becomes the target
            engine:
              accounts: 1000               # u1...u1000, funded before the first order
              log: journal
              store: sqlite
            seed: 42

            defaults:
              timeout: 5s

            scenarios:
              orders:
                executor: constant-arrival-rate
                exec: trade
                rate: 500
                duration: 30s
                preAllocatedVUs: 50
                maxVUs: 300
                gracefulStop: 5s
              readers:
                executor: constant-vus
                exec: read
                vus: 3
                duration: 30s
                gracefulStop: 5s

            flows:
              trade:
                # Profiles: steady, hft, burst, hot, deep, avalanche, retry, poison.
                - order: { profile: steady, symbols: 100, accounts: 1000 }
                - request:
                    from: order            # method, url, body and account of the drawn command
                    rejects: [400, 409]    # a cancel may meet a filled order: business, not failure
              read:
                - get: { name: depth, url: "/api/v3/depth?symbol=A0001USDT&limit=20" }
                - think: { uniform: [200ms, 800ms] }

            thresholds:
              http_req_response_time: ["p(95)<100", "p(99)<200"]
              http_req_failed: ["rate<0.0001"]

            # Verdicts one can defend: criteria judge with an interval, also what the target says of
            # itself. They want longer runs: set duration to 2m above, then uncomment.
            # criteria:
            #   - { name: p99, metric: http_req_response_time, statistic: p(99), op: "<", limit: 200ms }
            #   - { name: errors, metric: http_req_failed, statistic: rate, op: "<", limit: 0.01% }
            #   - name: memory
            #     metric: observe.engine.rss
            #     per: observe.engine.memory
            #     statistic: max
            #     op: "<="
            #     limit: 75%
            #     gate: false              # reported only
            # observe:
            #   - name: engine
            #     url: /metrics
            #     interval: 1s
            #     metrics:
            #       rss: { series: process_resident_memory_bytes }
            #       memory: { series: spotload_engine_memory_limit_bytes }

            """#)
}
