// What the terminal report prints for the runs of ReportFixture at 92 columns, without colour. A
// change here is a change of what users and their scripts read: look at it before you accept it.

enum ReportGolden {
    static let passing = """
        spotload 0.1.0   run 20270102T001500Z-7c1e   scenario scenarios/orders.yaml   seed 42
                 2 agents   branch=main
        VERDICT  PASS (exit 0): 3 of 3 criteria pass                  measured 0s .. 10s, open model
          CRITERION                     OBSERVED  LIMIT     VERDICT
        + http_req_response_time p(95)  40.00 ms  < 100 ms  PASS
        + http_reqs rate                200.0/s   >= 90/s   PASS
        + http_req_failed rate          0.0000 %  < 1 %     PASS

        VALID    delivered 100.00 % of 2,000 (late 0, dropped 0)   lag p99 0.20 ms, max 0.20 ms
                 worker CPU 40 % (busiest agent)   longest turn 1.00 ms   tainted windows 0 of 20
                 accounting: planned 2000 = started 2000 + dropped 0 + missed 0 + unaccounted 0;\
         finals = merged, 2 of 2 agents
                 not measured: confidence intervals, steady state, calibration, coreBusy, runQueue,
                 throttled, steal, pressure, sockets, retransmits, clock
        TOTALS   requests 2,000 (200.0/s)   failed 0   iterations 2,000   sent 390.6 KiB
                 received 234.4 KiB
        LATENCY ms                count    min   mean    p50    p90    p95    p99  p99.9    max
          order new     response     80  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
                        service      80  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
          schedule lag               20   0.20   0.20   0.20   0.20   0.20   0.20   0.20   0.20
        STATUS   200 2,000
        AGENTS      planned  delivered  lag p99  turn max  worker CPU  lost
          0 host-a    1,000   100.00 %  0.20 ms   1.00 ms        40 %     0
          1 host-b    1,000   100.00 %  0.20 ms   1.00 ms        40 %     0
        PROCESSES       CPU time  of a core    memory
          agent 0         4.20 s       42 %  25.0 MiB
          redis-server    0.31 s        3 %   9.0 MiB
        FILES    results/20270102T001500Z-7c1e/  summary.json environment.json 2 .hlog
        Requests/sec: 200.00

        """

    static let failing = """
        spotload 0.1.0   run 20270102T001500Z-7c1e   scenario scenarios/orders.yaml   seed 42
                 2 agents
        VERDICT  FAIL (exit 99): 1 of 3 criteria pass, 2 fail         measured 0s .. 10s, open model
          CRITERION                     OBSERVED  LIMIT    VERDICT
        x http_req_response_time p(95)  40.00 ms  < 25 ms  FAIL
            60.0 % above the limit over 80 samples (scenarios/orders.yaml:14)
        + http_reqs rate                200.0/s   >= 90/s  PASS
        x http_req_failed rate          0.5000 %  < 0.1 %  FAIL
            400.0 % above the limit over 2,000 samples (scenarios/orders.yaml:16)

        VALID    delivered 100.00 % of 2,000 (late 0, dropped 0)   lag p99 0.20 ms, max 0.20 ms
                 worker CPU 40 % (busiest agent)   longest turn 1.00 ms   tainted windows 0 of 20
                 accounting: planned 2000 = started 2000 + dropped 0 + missed 0 + unaccounted 0;\
         finals = merged, 2 of 2 agents
                 not measured: confidence intervals, steady state, calibration, coreBusy, runQueue,
                 throttled, steal, pressure, sockets, retransmits, clock
        TOTALS   requests 2,000 (200.0/s)   failed 10   iterations 2,000   sent 390.6 KiB
                 received 234.4 KiB
        LATENCY ms                count    min   mean    p50    p90    p95    p99  p99.9    max
          order new     response     80  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
                        service      80  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
          schedule lag               20   0.20   0.20   0.20   0.20   0.20   0.20   0.20   0.20
        ERRORS  count  class     step       first  last  example
                    5  http_503  order new     3s    7s  "overloaded"
        STATUS   200 1,990   503 10
        AGENTS      planned  delivered  lag p99  turn max  worker CPU  lost
          0 host-a    1,000   100.00 %  0.20 ms   1.00 ms        40 %     0
          1 host-b    1,000   100.00 %  0.20 ms   1.00 ms        40 %     0
        PROCESSES       CPU time  of a core    memory
          agent 0         4.20 s       42 %  25.0 MiB
          redis-server    0.31 s        3 %   9.0 MiB
        FILES    results/20270102T001500Z-7c1e/  summary.json environment.json 2 .hlog
        Requests/sec: 200.00

        """

    static let invalid = """
        spotload 0.1.0   run 20270102T001500Z-7c1e   scenario scenarios/orders.yaml   seed 42
                 1 agent
        VERDICT  INVALID (exit 90): 0 of 1 criteria pass, 1 is invalid
                 measured 0s .. 10s, open model
          CRITERION                     OBSERVED   LIMIT     VERDICT
        # http_req_response_time p(99)  900.00 ms  < 100 ms  INVALID
            fails only where the generator itself was late (scenarios/orders.yaml:14)

        INVALID  delivered 100.00 % of 1,000 (late 0, dropped 0)   lag p99 0.20 ms, max 0.20 ms
                 worker CPU 40 %   longest turn 900.00 ms   tainted windows 2 of 10
                 INVALIDATING turn on agent 0: 900.00 ms, bound 100.00 ms in 1 window
                 accounting: planned 1000 = started 1000 + dropped 0 + missed 0 + unaccounted 0;\
         finals = merged, 1 of 1 agent
                 not measured: confidence intervals, steady state, calibration, coreBusy, runQueue,
                 throttled, steal, pressure, sockets, retransmits, clock
        TOTALS   requests 1,000 (100.0/s)   failed 0   iterations 1,000   sent 195.3 KiB
                 received 117.2 KiB
        LATENCY ms                count    min   mean    p50    p90     p95     p99   p99.9     max
          order new     response     39  10.00  92.31  30.02  40.01  900.00  900.00  900.00  900.00
                        service      39  10.00  92.31  30.02  40.01  900.00  900.00  900.00  900.00
          schedule lag               10   0.20   0.20   0.20   0.20    0.20    0.20    0.20    0.20
        STATUS   200 1,000
        AGENTS      planned  delivered  lag p99   turn max  worker CPU  lost
          0 host-a    1,000   100.00 %  0.20 ms  900.00 ms        40 %     0
        PROCESSES       CPU time  of a core    memory
          agent 0         4.20 s       42 %  25.0 MiB
          redis-server    0.31 s        3 %   9.0 MiB
        FILES    results/20270102T001500Z-7c1e/  summary.json environment.json 2 .hlog
        Requests/sec: 100.00

        """

    static let interrupted = """
        spotload 0.1.0   run 20270102T001500Z-7c1e   scenario scenarios/orders.yaml   seed 42
                 2 agents
        VERDICT  INCONCLUSIVE (exit 105): 3 of 3 criteria pass       measured 0s .. 6.3s, open model
                 interrupted after 6.25s
          CRITERION                     OBSERVED  LIMIT     VERDICT
        + http_req_response_time p(95)  40.00 ms  < 100 ms  PASS
        + http_reqs rate                320.0/s   >= 90/s   PASS
        + http_req_failed rate          0.0000 %  < 1 %     PASS

        VALID    delivered 100.00 % of 2,000 (late 0, dropped 0)   lag p99 0.20 ms, max 0.20 ms
                 worker CPU 40 % (busiest agent)   longest turn 1.00 ms   tainted windows 0 of 20
                 accounting: planned 2000 = started 2000 + dropped 0 + missed 0 + unaccounted 0;\
         finals = merged, 1 of 2 agents
                 not measured: confidence intervals, steady state, calibration, coreBusy, runQueue,
                 throttled, steal, pressure, sockets, retransmits, clock
        TOTALS   requests 2,000 (320.0/s)   failed 0   iterations 2,000   sent 390.6 KiB
                 received 234.4 KiB
        LATENCY ms                count    min   mean    p50    p90    p95    p99  p99.9    max
          order new     response     80  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
                        service      80  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
          schedule lag               20   0.20   0.20   0.20   0.20   0.20   0.20   0.20   0.20
        STATUS   200 2,000
        AGENTS      planned  delivered  lag p99  turn max  worker CPU  lost
          0 host-a    1,000   100.00 %  0.20 ms   1.00 ms        40 %     0
          1 host-b    1,000   100.00 %  0.20 ms   1.00 ms        40 %     0
        PROCESSES       CPU time  of a core    memory
          agent 0         4.20 s       42 %  25.0 MiB
          redis-server    0.31 s        3 %   9.0 MiB
        FILES    results/20270102T001500Z-7c1e/  summary.json environment.json 2 .hlog
        Requests/sec: 320.00

        """

    static let closed = """
        spotload 0.1.0   run 20270102T001500Z-7c1e   scenario scenarios/orders.yaml   seed 42
                 1 agent
        VERDICT  PASS (exit 0): 3 of 3 criteria pass                measured 0s .. 10s, closed model
          CRITERION                     OBSERVED  LIMIT     VERDICT
        + http_req_response_time p(95)  40.00 ms  < 100 ms  PASS
        + http_reqs rate                100.0/s   >= 90/s   PASS
        + http_req_failed rate          0.0000 %  < 1 %     PASS

        VALID    closed model: arrivals never attempted are not in these numbers
                 lag p99 0.20 ms, max 0.20 ms
                 worker CPU 40 %   longest turn 1.00 ms   tainted windows 0 of 10
                 accounting: planned 1000 = started 1000 + dropped 0 + missed 0 + unaccounted 0;\
         finals = merged, 1 of 1 agent
                 not measured: confidence intervals, steady state, calibration, coreBusy, runQueue,
                 throttled, steal, pressure, sockets, retransmits, clock
        TOTALS   requests 1,000 (100.0/s)   failed 0   iterations 1,000   sent 195.3 KiB
                 received 117.2 KiB
        LATENCY ms                count    min   mean    p50    p90    p95    p99  p99.9    max
          order new     response     40  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
                        service      40  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
          schedule lag               10   0.20   0.20   0.20   0.20   0.20   0.20   0.20   0.20
        STATUS   200 1,000
        AGENTS      planned  delivered  lag p99  turn max  worker CPU  lost
          0 host-a    1,000          -  0.20 ms   1.00 ms        40 %     0
        PROCESSES       CPU time  of a core    memory
          agent 0         4.20 s       42 %  25.0 MiB
          redis-server    0.31 s        3 %   9.0 MiB
        FILES    results/20270102T001500Z-7c1e/  summary.json environment.json 2 .hlog
        Requests/sec: 100.00

        """

    static let untrusted = """
        spotload 0.1.0   run 20270102T001500Z-7c1e   scenario scenarios/orders.yaml   seed 42
                 2 agents
        VERDICT  INVALID (exit 90): 0 of 3 criteria pass, 3 are invalid
                 measured 0s .. 10s, open model
          CRITERION                     OBSERVED  LIMIT     VERDICT
        # http_req_response_time p(95)  40.00 ms  < 100 ms  INVALID
            data not trusted: the sum of finals is not the sum of what was merged
            (scenarios/orders.yaml:14)
        # http_reqs rate                200.0/s   >= 90/s   INVALID
            data not trusted: the sum of finals is not the sum of what was merged
            (scenarios/orders.yaml:15)
        # http_req_failed rate          0.0000 %  < 1 %     INVALID
            data not trusted: the sum of finals is not the sum of what was merged
            (scenarios/orders.yaml:16)

        INVALID  delivered 100.00 % of 2,000 (late 0, dropped 0)   lag p99 0.20 ms, max 0.20 ms
                 worker CPU 40 % (busiest agent)   longest turn 1.00 ms   tainted windows 0 of 20
                 data not trusted: the sum of finals is not the sum of what was merged
                 data not trusted: 1 deltas were damaged and rejected
                 accounting: planned 2000 = started 2000 + dropped 0 + missed 0 + unaccounted 0;\
         finals != merged, 2 of 2 agents
                 of 20 deltas merged: 1 damaged delta rejected
                 not measured: confidence intervals, steady state, calibration, coreBusy, runQueue,
                 throttled, steal, pressure, sockets, retransmits, clock
        TOTALS   requests 2,000 (200.0/s)   failed 0   iterations 2,000   sent 390.6 KiB
                 received 234.4 KiB
        LATENCY ms                count    min   mean    p50    p90    p95    p99  p99.9    max
          order new     response     80  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
                        service      80  10.00  25.00  20.00  40.00  40.00  40.00  40.00  40.00
          schedule lag               20   0.20   0.20   0.20   0.20   0.20   0.20   0.20   0.20
        STATUS   200 2,000
        AGENTS      planned  delivered  lag p99  turn max  worker CPU  lost
          0 host-a    1,000   100.00 %  0.20 ms   1.00 ms        40 %     0
          1 host-b    1,000   100.00 %  0.20 ms   1.00 ms        40 %     0
        PROCESSES       CPU time  of a core    memory
          agent 0         4.20 s       42 %  25.0 MiB
          redis-server    0.31 s        3 %   9.0 MiB
        FILES    results/20270102T001500Z-7c1e/  summary.json environment.json 2 .hlog
        Requests/sec: 200.00

        """

    static let empty = """
        spotload 0.1.0   run 20270102T001500Z-7c1e   scenario scenarios/orders.yaml   seed 42
                 2 agents
        VERDICT  INVALID (exit 90): 0 of 3 criteria pass, 3 are invalid
                 measured 0s .. 10s, open model
          CRITERION                     OBSERVED    LIMIT     VERDICT
        # http_req_response_time p(95)  no samples  < 100 ms  INVALID
            data not trusted: nothing was started (scenarios/orders.yaml:14)
        # http_reqs rate                0.0/s       >= 90/s   INVALID
            data not trusted: nothing was started (scenarios/orders.yaml:15)
        # http_req_failed rate          no samples  < 1 %     INVALID
            data not trusted: nothing was started (scenarios/orders.yaml:16)

        INVALID  nothing in the measured part
                 tainted windows 0 of 0
                 data not trusted: nothing was started
                 accounting: planned 0 = started 0 + dropped 0 + missed 0 + unaccounted 0; no\
         finals, 0 of 0 agents
                 not measured: confidence intervals, steady state, calibration, lag, lagMax, lagShare,
                 turn, threadCpu, coreBusy, runQueue, throttled, steal, pressure, sockets,
                 retransmits, clock
        TOTALS   requests 0 (0.0/s)   failed 0   iterations 0   sent 0 B   received 0 B
        LATENCY  no samples
        AGENTS  planned  delivered  lag p99  turn max  worker CPU  lost
          0     no data          -        -         -           -     -
          1     no data          -        -         -           -     -
        PROCESSES       CPU time  of a core    memory
          agent 0         4.20 s       42 %  25.0 MiB
          redis-server    0.31 s        3 %   9.0 MiB
        FILES    results/20270102T001500Z-7c1e/  summary.json environment.json 2 .hlog
        Requests/sec: 0.00

        """

    static let quietFailing = """
        VERDICT  FAIL (exit 99): 1 of 3 criteria pass, 2 fail         measured 0s .. 10s, open model
        x http_req_response_time p(95)  40.00 ms  < 25 ms  FAIL
            60.0 % above the limit over 80 samples (scenarios/orders.yaml:14)
        x http_req_failed rate          0.5000 %  < 0.1 %  FAIL
            400.0 % above the limit over 2,000 samples (scenarios/orders.yaml:16)

        """

    static let quietPassing = """
        VERDICT  PASS (exit 0): 3 of 3 criteria pass                  measured 0s .. 10s, open model

        """
}
