// What the flow interpreter costs, as a table: time and allocations of each part, and of a whole
// journey per request against the budget of 2 us of our own CPU beyond the transfer.
//
// A time is the least of ten rounds: what the code costs, not what else the machine was doing. The
// parts are given above a bare request.

import CAllocations
import FlowProbe
import Glibc

let budgetNs = 2_000.0

func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

struct Measurement {
    var nsPerRequest = Double.infinity
    var allocationsPerIteration = 0.0
    var sum: UInt64 = 0
}

func measure(_ what: FlowProbeCase) throws -> Measurement {
    let probe = try FlowProbe(what)
    probe.run(iterations: 20_000)
    let iterations = 20_000
    var best = Measurement()
    for _ in 0..<10 {
        let allocations = allocations_of_this_thread()
        let start = now()
        let sum = probe.run(iterations: iterations)
        let ns = Double(now() - start) / Double(iterations * probe.requests)
        let made = Double(allocations_of_this_thread() - allocations) / Double(iterations)
        best.nsPerRequest = min(best.nsPerRequest, ns)
        best.allocationsPerIteration = max(best.allocationsPerIteration, made)
        best.sum = best.sum &* 31 &+ sum
    }
    return best
}

func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

func row(_ name: String, _ cells: [String]) {
    let padding = String(repeating: " ", count: max(0, 12 - name.count))
    print(name + padding + cells.map { padded($0, 18) }.joined())
}

func decimal(_ value: Double, _ places: Int) -> String {
    let unit = places == 0 ? 1 : places == 1 ? 10 : 100
    let whole = Int((value * Double(unit)).rounded())
    if places == 0 { return String(whole) }
    let rest = String(whole % unit)
    return "\(whole / unit)." + String(repeating: "0", count: places - rest.count) + rest
}

row("flow", ["ns per request", "above bare", "of budget", "allocations", "sum"])
var bare = 0.0
var isWithinBudget = true
for what in FlowProbeCase.allCases {
    let measured = try measure(what)
    if what == .bare { bare = measured.nsPerRequest }
    let share = measured.nsPerRequest / budgetNs
    row(
        what.rawValue,
        [
            decimal(measured.nsPerRequest, 0), decimal(max(0, measured.nsPerRequest - bare), 0),
            decimal(share * 100, 1) + " %", decimal(measured.allocationsPerIteration, 2),
            String(measured.sum, radix: 16),
        ])
    if what == .journey { isWithinBudget = share <= 1 && measured.allocationsPerIteration == 0 }
}
print(
    isWithinBudget
        ? "a journey is within its budget: 2000 ns a request, nothing allocated"
        : "a journey is OVER its budget: 2000 ns a request, nothing allocated")
exit(isWithinBudget ? 0 : 1)
