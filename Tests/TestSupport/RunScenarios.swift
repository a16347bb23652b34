// The short scenarios that the tests of whole runs use.

/// Texts of scenarios; rates and durations as the test wants them.
package enum RunScenarios {
    /// Orders at a constant rate and two readers of the book, against the bundled engine or the
    /// target given. Few lanes, so that cancels come early.
    package static func orders(
        rate: Int = 50, seconds: Int = 2, fleet: String = "", threshold: String = "rate<=0",
        more: String = ""
    ) -> String {
        """
        name: orders
        target: ${TARGET:-}
        engine: { accounts: 100 }
        seed: 7
        defaults: { timeout: 5s, maxWait: 5s }
        fleet: { \(fleet) }
        scenarios:
          orders:
            executor: constant-arrival-rate
            exec: trade
            rate: \(rate)
            duration: \(seconds)s
            preAllocatedVUs: 20
            maxVUs: 40
            gracefulStop: 5s
          readers:
            executor: constant-vus
            exec: read
            vus: 2
            duration: \(seconds)s
            gracefulStop: 5s
        flows:
          trade:
            - order: { profile: steady, symbols: 3, accounts: 100, lanes: 2 }
            - request: { from: order, rejects: [400, 409] }
          read:
            - get: { name: depth, url: "/api/v3/depth?symbol=A0001USDT&limit=5" }
            - think: 200ms
        thresholds:
          http_req_failed: ["\(threshold)"]
        \(more)
        """
    }

    /// GET / at a constant rate.
    package static func gets(
        rate: Int, seconds: Int, vus: Int = 10, maxWait: String = "5s", fleet: String = "",
        threshold: String = "rate<=0", gracefulStop: String = "5s", transport: String = "auto"
    ) -> String {
        """
        name: gets
        target: ${TARGET:-}
        engine: { accounts: 2 }
        defaults: { timeout: 5s, maxWait: \(maxWait) }
        fleet: { \(fleet) }
        scenarios:
          gets:
            executor: constant-arrival-rate
            exec: get
            transport: \(transport)
            rate: \(rate)
            duration: \(seconds)s
            preAllocatedVUs: \(vus)
            maxVUs: \(vus)
            gracefulStop: \(gracefulStop)
        flows:
          get:
            - get: { name: root, url: / }
        thresholds:
          http_req_failed: ["\(threshold)"]
        """
    }
}
