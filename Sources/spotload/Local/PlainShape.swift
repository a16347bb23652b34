// What `spotload calibrate` runs without a scenario: an order posted as JSON, and a check of the
// status. Near to what a simple scenario asks of the generator.

enum PlainShape {
    static let fileName = "plain.yaml"
    static let yaml = """
        name: plain
        target: http://localhost
        scenarios:
          plain:
            executor: constant-arrival-rate
            exec: order
            rate: 1000
            duration: 10s
            preAllocatedVUs: 64
            maxVUs: 64
        flows:
          order:
            - post:
                name: order
                url: /api/v3/order
                json: { symbol: BTCUSDT, side: BUY, quantity: "0.001", id: "${iterationInTest}" }
                check: { status: 200 }

        """
}
