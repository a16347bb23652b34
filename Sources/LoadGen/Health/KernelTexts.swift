// What the kernel tells about this machine, as values: parsers of the files of proc(5) and of
// cgroups that the health signals of measurement.md section 4 are made of. Pure; nil where a text
// is not what it should be, which is "not measured" and never a zero.

/// `/proc/stat`: ticks of each core since boot.
struct CoreTimes: Equatable {
    /// Not idle and not waiting for a disk; stolen time is in it.
    var busy: UInt64 = 0
    var stolen: UInt64 = 0
    /// All of it.
    var total: UInt64 = 0
}

enum KernelTexts {
    /// By number of the core. `cpu0 user nice system idle iowait irq softirq steal guest
    /// guest_nice`; guest time is in user time already.
    static func cores(stat text: some StringProtocol) -> [Int: CoreTimes]? {
        var cores: [Int: CoreTimes] = [:]
        for line in text.split(separator: "\n") {
            guard line.hasPrefix("cpu") else { break }
            let fields = line.split(separator: " ")
            guard let number = Int(fields[0].dropFirst(3)) else { continue }
            let ticks = fields.dropFirst().prefix(8).compactMap { UInt64($0) }
            guard ticks.count == 8 else { return nil }
            let total = ticks.reduce(0) { $0 &+ $1 }
            cores[number] = CoreTimes(
                busy: total &- ticks[3] &- ticks[4], stolen: ticks[7], total: total)
        }
        return cores.isEmpty ? nil : cores
    }

    /// `/proc/self/task/T/schedstat`, field 2: ns the thread was ready to run and did not. (Field
    /// 1: ns on a core; field 3: time slices.)
    static func waitedNs(schedstat text: some StringProtocol) -> UInt64? {
        let fields = text.split { $0 == " " || $0 == "\n" }.map { UInt64($0) }
        return fields.count == 3 ? fields[1] : nil
    }

    /// The folder below `/sys/fs/cgroup` whose `cpu.stat` is ours, from `/proc/self/cgroup`: the v2
    /// entry `0::/path`, or where v1 has the controller (`1:cpu,cpuacct:/path`) its own.
    static func cpuGroup(cgroup text: some StringProtocol) -> (hierarchy: String, path: String)? {
        var unified: String?
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[2].hasPrefix("/") else { continue }
            if parts[1].split(separator: ",").contains("cpu") {
                return (String(parts[1]), String(parts[2]))
            }
            if parts[0] == "0", parts[1].isEmpty { unified = String(parts[2]) }
        }
        return unified.map { ("", $0) }
    }

    /// `cpu.stat`: periods in which the group was throttled. The root group has no such line.
    static func throttledPeriods(cpuStat text: some StringProtocol) -> UInt64? {
        value(of: "nr_throttled", in: text)
    }

    /// `/proc/pressure/cpu`, `some avg10=0.12 ..`: share of the last 10 s in which somebody waited
    /// for a core, 0...1.
    static func pressure(text: some StringProtocol) -> Double? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }),
            let field = line.split(separator: " ").first(where: { $0.hasPrefix("avg10=") }),
            let percent = Double(field.dropFirst(6)), (0...100).contains(percent)
        else { return nil }
        return percent / 100
    }

    /// `/proc/net/snmp`: TCP segments sent, and sent again. A line of names, a line of numbers.
    static func segments(snmp text: some StringProtocol) -> (sent: UInt64, again: UInt64)? {
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("Tcp:") }
        guard lines.count == 2 else { return nil }
        let names = lines[0].split(separator: " ")
        let numbers = lines[1].split(separator: " ")
        guard names.count == numbers.count, let sent = names.firstIndex(of: "OutSegs"),
            let again = names.firstIndex(of: "RetransSegs"), let outSegs = UInt64(numbers[sent]),
            let retransSegs = UInt64(numbers[again])
        else { return nil }
        return (outSegs, retransSegs)
    }

    private static func value(of key: String, in text: some StringProtocol) -> UInt64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == key { return UInt64(words[1]) }
        }
        return nil
    }
}
