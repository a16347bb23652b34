// Texts of the kernel as they were captured on several machines, and what is no such text.

import HarnessCore
import Testing

@testable import LoadGen

@Suite struct KernelTextsTests {
    /// Linux 6.1, two cores, a virtual machine whose host took 62 and 32 ticks.
    private static let stat = """
        cpu  75097 12 13578 86375 722 3 179 94 5 0
        cpu0 34293 10 6488 46952 196 1 11 62 2 0
        cpu1 40803 2 7090 39423 525 2 167 32 3 0
        intr 4034723 0 9 0
        ctxt 7402384
        btime 1795800000
        processes 28003
        procs_running 3
        """

    @Test func cores() {
        let cores = KernelTexts.cores(stat: Self.stat)
        #expect(
            cores == [
                0: CoreTimes(
                    busy: 34_293 + 10 + 6_488 + 1 + 11 + 62, stolen: 62,
                    total: 34_293 + 10 + 6_488 + 46_952 + 196 + 1 + 11 + 62),
                1: CoreTimes(
                    busy: 40_803 + 2 + 7_090 + 2 + 167 + 32, stolen: 32,
                    total: 40_803 + 2 + 7_090 + 39_423 + 525 + 2 + 167 + 32),
            ])
    }

    @Test(arguments: ["", "cpu  1 2 3\n", "cpu0 1 2 3 4\n", "cpu0 a b c d e f g h\n", "intr 5\n"])
    func noCores(_ text: String) {
        #expect(KernelTexts.cores(stat: text) == nil)
    }

    @Test(arguments: [
        ("125690417 3390212 1034\n", UInt64(3_390_212)), ("0 0 0\n", 0), ("", nil), ("1 2\n", nil),
        ("1 -2 3\n", nil), ("1 2 3 4\n", nil),
    ])
    func waited(text: String, expected: UInt64?) {
        #expect(KernelTexts.waitedNs(schedstat: text) == expected)
    }

    @Test func groups() throws {
        // systemd on v2; a container on v2; v1 with joined controllers; both at once.
        let cases: [(String, String, String)] = [
            (
                "0::/user.slice/user-0.slice/session-3.scope\n", "",
                "/user.slice/user-0.slice/session-3.scope"
            ),
            ("0::/\n", "", "/"),
            ("4:memory:/a\n3:cpu,cpuacct:/docker/5054b\n0::/x\n", "cpu,cpuacct", "/docker/5054b"),
            ("9:name=systemd:/\n2:cpuacct:/\n1:cpu:/\n0::/\n", "cpu", "/"),
            ("0::/with:colon\n", "", "/with:colon"),
        ]
        for (text, hierarchy, path) in cases {
            let group = try #require(KernelTexts.cpuGroup(cgroup: text))
            #expect(group.hierarchy == hierarchy && group.path == path, "\(text)")
        }
        for text in ["", "garbage\n", "1:memory:/\n", "0::relative\n"] {
            #expect(KernelTexts.cpuGroup(cgroup: text) == nil)
        }
    }

    @Test(arguments: [
        (
            "usage_usec 10\nuser_usec 8\nsystem_usec 2\nnr_periods 40\nnr_throttled 7\n"
                + "throttled_usec 9000\n", UInt64(7)
        ),
        ("nr_periods 0\nnr_throttled 0\nthrottled_time 0\n", 0),
        ("usage_usec 10\nuser_usec 8\n", nil), ("nr_throttled x\n", nil), ("", nil),
    ])
    func throttled(text: String, expected: UInt64?) {
        #expect(KernelTexts.throttledPeriods(cpuStat: text) == expected)
    }

    @Test(arguments: [
        (
            "some avg10=15.82 avg60=7.03 avg300=15.89 total=238288344\n"
                + "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 0.1582
        ),
        ("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n", 0), ("", nil),
        ("full avg10=1.00 avg60=0.00 avg300=0.00 total=0\n", nil),
        ("some avg10=nan total=0\n", nil),
        ("some avg10=-1 total=0\n", nil),
    ])
    func pressure(text: String, expected: Double?) {
        #expect(KernelTexts.pressure(text: text) == expected)
    }

    @Test func segments() {
        let text = """
            Ip: Forwarding DefaultTTL InReceives
            Ip: 1 64 4694
            Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails \
            EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors
            Tcp: 1 200 120000 -1 14 2 0 0 0 4694 2606 13 0 4 0
            Udp: InDatagrams NoPorts
            Udp: 9 0
            """
        let segments = KernelTexts.segments(snmp: text)
        #expect(segments?.sent == 2_606 && segments?.again == 13)
        for text in [
            "", "Tcp: OutSegs RetransSegs\n", "Tcp: OutSegs\nTcp: 1\n",
            "Tcp: OutSegs RetransSegs\nTcp: 1\n",
            "Tcp: OutSegs RetransSegs\nTcp: a b\n",
        ] {
            #expect(KernelTexts.segments(snmp: text) == nil, "\(text)")
        }
    }
}
