// What `spotload plan` prints: as text for the ramp of ReportPlanTests on three agents, as JSON for
// 50/s on 20 VUs. A change here is a change of what users and their scripts read.

enum ReportPlanGolden {
    static let text = """
        @@

        """

    static let json = """
        {
          "version": 1,
          "name": "baseline",
          "seed": 1,
          "agents": 3,
          "maxVUs": 20,
          "maxDurationNs": 32000000000,
          "totalArrivals": 100,
          "warnings": ["a \\u003cb>"],
          "scenarios": [
            {
              "name": "default",
              "executor": "constant-arrival-rate",
              "description": "50.00 iterations/s for 2s (maxVUs: 10-20, gracefulStop: 30s)",
              "startTimeNs": 0,
              "regularDurationNs": 2000000000,
              "maxDurationNs": 32000000000,
              "arrivals": 100,
              "preAllocatedVUs": 10,
              "maxVUs": 20,
              "ratePerSecond": [
                [0.0, 50.0],
                [2.0, 50.0]
              ],
              "perAgent": [
                {
                  "agent": 0,
                  "segment": "0:1/3",
                  "arrivals": 35,
                  "preAllocatedVUs": 4,
                  "maxVUs": 7
                },
                {
                  "agent": 1,
                  "segment": "1/3:2/3",
                  "arrivals": 35,
                  "preAllocatedVUs": 3,
                  "maxVUs": 7
                },
                {
                  "agent": 2,
                  "segment": "2/3:1",
                  "arrivals": 30,
                  "preAllocatedVUs": 3,
                  "maxVUs": 6
                }
              ]
            }
          ]
        }

        """
}
