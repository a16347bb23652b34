// What `spotload plan` prints: as text for the ramp of ReportPlanTests on three agents, as JSON for
// 50/s on 20 VUs. A change here is a change of what users and their scripts read.

enum ReportPlanGolden {
    static let text = """
        scenarios: (100.00%) 2 scenarios, 1220 max VUs, 11m0s max duration (incl. graceful stop):
          * orders: Up to 5200.00 iterations/s for 10m30s over 2 stages (maxVUs:\
         400-1200, exec: trade, gracefulStop: 30s)
          * readers: 20 looping VUs for 10m0s (exec: read, startTime: 30s, gracefulStop: 5s)

        3 agents                  segment                     arrivals   VUs ready     VUs max
          orders                  0:1                        3,205,500         400       1,200
            agent 0               0:1/3                      1,068,500         134         400
            agent 1               1/3:2/3                    1,068,500         133         400
            agent 2               2/3:1                      1,068,500         133         400
          readers                 0:1                                -          20          20
            agent 0               0:1/3                              -           7           7
            agent 1               1/3:2/3                            -           7           7
            agent 2               2/3:1                              -           6           6

                 time    arrivals/s    VUs max
                   0s       2,961.9      1,220  #################################
                31.5s       5,200.0      1,220 \
         ##########################################################
                 1m3s       5,200.0      1,220 \
         ##########################################################
              1m34.5s       5,200.0      1,220 \
         ##########################################################
                 2m6s       5,200.0      1,220 \
         ##########################################################
              2m37.5s       5,200.0      1,220 \
         ##########################################################
                 3m9s       5,200.0      1,220 \
         ##########################################################
              3m40.5s       5,200.0      1,220 \
         ##########################################################
                4m12s       5,200.0      1,220 \
         ##########################################################
              4m43.5s       5,200.0      1,220 \
         ##########################################################
                5m15s       5,200.0      1,220 \
         ##########################################################
              5m46.5s       5,200.0      1,220 \
         ##########################################################
                6m18s       5,200.0      1,220 \
         ##########################################################
              6m49.5s       5,200.0      1,220 \
         ##########################################################
                7m21s       5,200.0      1,220 \
         ##########################################################
              7m52.5s       5,200.0      1,220 \
         ##########################################################
                8m24s       5,200.0      1,220 \
         ##########################################################
              8m55.5s       5,200.0      1,220 \
         ##########################################################
                9m27s       5,200.0      1,220 \
         ##########################################################
              9m58.5s       5,200.0      1,220 \
         ##########################################################

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
