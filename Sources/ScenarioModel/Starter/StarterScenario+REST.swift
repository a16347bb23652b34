// Starters that have nothing to do with orders: any HTTP service.

extension StarterScenario {
    static let smoke = StarterScenario(
        name: "smoke", summary: "one user, one request, a few seconds: does it answer at all?",
        text: #"""
            # yaml-language-server: $schema=spotload.schema.json      (written by: spotload schema)
            # Smoke: one user asks one page for ten seconds. Exit 0 when nothing failed.
            #
            #   TARGET=http://127.0.0.1:8080 spotload run scenario.yaml
            name: smoke
            description: one user, ten seconds
            target: ${TARGET:-http://127.0.0.1:8080}

            defaults:
              timeout: 5s

            scenarios:
              user:
                executor: constant-vus     # a user who asks again as soon as the answer is there
                vus: 1
                duration: 10s

            flows:
              default:
                - get:
                    url: /
                    check:
                      status: 200
                      time: { "<": 500ms }
                - think: 500ms

            thresholds:
              http_req_failed: ["rate<0.01"]     # at most 1 % failed
              checks: ["rate>0.99"]

            """#)

    static let rest = StarterScenario(
        name: "rest", summary: "a REST API under a fixed rate: create, read, list",
        text: #"""
            # yaml-language-server: $schema=spotload.schema.json      (written by: spotload schema)
            # A REST API at 50 iterations a second, whatever comes back: latency counts from the
            # moment an iteration was due, so a server that stalls cannot hide it.
            #
            #   TARGET=http://127.0.0.1:8080 RATE=200 spotload run scenario.yaml
            name: rest-api
            description: create, read and list items at a fixed rate
            target: ${TARGET:-http://127.0.0.1:8080}
            seed: 1                        # the same seed makes the same draws

            defaults:
              timeout: 2s
              headers: { Accept: application/json }
              maxWait: 1s                  # how long an arrival may wait for a free VU

            warmup: 10s                    # not judged

            scenarios:
              api:
                executor: constant-arrival-rate
                rate: ${RATE:-50}
                timeUnit: 1s
                duration: ${DURATION:-1m}
                preAllocatedVUs: 20
                maxVUs: 200
                gracefulStop: 5s

            flows:
              default:
                - choose:
                    - weight: 3
                      steps:
                        - get:
                            name: list
                            url: /items
                            query: { limit: 20, page: "${random(1,5)}" }
                    - weight: 1
                      steps:
                        - post:
                            name: create
                            url: /items
                            json: { name: "item ${iterationInTest}", price: 1.50, tags: [new] }
                            expect: 201
                            capture: { id: $.id }
                        - get:
                            name: read
                            url: /items/${id}
                            check: { json: { $.id: "${id}" } }

            thresholds:
              http_req_failed: ["rate<0.01"]
              # From the intended start to the last byte, in ms.
              http_req_response_time: ["p(95)<200", "p(99)<500"]
              dropped_iterations: ["count==0"]

            # The same with confidence: PASS where it would hold again, FAIL where it surely does not,
            # else INCONCLUSIVE and how long a run would tell.
            # criteria:
            #   - { name: p99, metric: http_req_response_time, statistic: p(99), op: "<", limit: 500ms }
            #   - { name: errors, metric: http_req_failed, statistic: rate, op: "<", limit: 1% }

            """#)

    static let journey = StarterScenario(
        name: "journey", summary: "users who log in, browse, sometimes buy, and think",
        text: #"""
            # yaml-language-server: $schema=spotload.schema.json      (written by: spotload schema)
            # A journey: users log in once, then browse and sometimes buy, thinking in between.
            #
            #   TARGET=http://127.0.0.1:8080 spotload run scenario.yaml
            name: shop-journey
            description: thirty users on their way through a shop
            target: ${TARGET:-http://127.0.0.1:8080}

            defaults:
              timeout: 5s

            # A file of users instead of made-up names: data/users.csv beside this file, with a
            # header such as name,password; then ${data.users.name} below.
            # data:
            #   users: { file: data/users.csv, pick: unique }

            scenarios:
              users:
                executor: ramping-vus
                startVUs: 0
                stages:
                  - { duration: 30s, target: 30 }
                  - { duration: 2m, target: 30 }
                  - { duration: 10s, target: 0 }
                gracefulRampDown: 10s

            flows:
              setup:                       # once for the whole fleet, before anyone starts
                - get: { url: /catalog, capture: { first: { json: "$.items[0].id", default: 1 } } }
              default:
                - if: "!exists(token)"     # kept from an earlier iteration of this user
                  then:
                    - post:
                        name: login
                        url: /login
                        form: { user: "user-${vu}", password: "secret-${vu}" }
                        capture: { token: { json: $.token, keep: true } }
                - group:
                    name: browse
                    steps:
                      - repeat:
                          times: 3
                          steps:
                            - get: { name: page, url: "/catalog?page=${loop}" }
                            - think: { uniform: [1s, 3s] }
                      - parallel:
                          steps:
                            - get: /img/a.png
                            - get: /img/b.png
                - choose:
                    - weight: 4
                      steps: [{ think: { exponential: 2s } }]
                    - weight: 1
                      steps:
                        - post:
                            name: buy
                            url: /orders
                            headers: { Authorization: "Bearer ${token:-none}" }
                            json: { item: "${setup.first}", count: 1 }
                            rejects: 409           # sold out: an answer, not a failure
                        - metric: { name: purchases, type: counter, value: 1 }

            thresholds:
              http_req_failed: ["rate<0.01"]
              "http_req_duration{name:buy}": ["p(95)<800"]
              purchases: ["count>0"]

            """#)

    static let ramp = StarterScenario(
        name: "ramp", summary: "a rate that rises until something gives: where is the limit?",
        text: #"""
            # yaml-language-server: $schema=spotload.schema.json      (written by: spotload schema)
            # A rising rate: where does latency leave its bound? The run ends by itself there.
            #
            #   TARGET=http://127.0.0.1:8080 spotload run scenario.yaml
            name: ramp
            description: from 10 to 1,000 requests a second in five minutes
            target: ${TARGET:-http://127.0.0.1:8080}

            scenarios:
              rising:
                executor: ramping-arrival-rate
                startRate: 10
                stages: [{ duration: 5m, target: 1000 }]
                preAllocatedVUs: 50
                maxVUs: 1000
                poisson: true              # as independent users come

            flows:
              default:
                - get: /

            thresholds:
              http_req_response_time:
                - { threshold: "p(95)<500", abortOnFail: true, delayAbortEval: 30s, window: 10s }
              http_req_failed:
                - { threshold: "rate<0.05", abortOnFail: true, window: 10s }

            """#)
}
