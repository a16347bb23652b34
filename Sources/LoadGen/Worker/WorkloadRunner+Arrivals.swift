// The open model: arrivals begin when the schedule says, whether or not the target answers
// (scenarios.md 4.4). One that finds no free VU waits in the ring with its intended time, or is
// dropped.

import HarnessCore
import ScenarioModel
import Telemetry

extension WorkloadRunner {
    /// Later than this an arrival is counted in `iterations_late` (measurement.md section 3).
    private static let lateAfter = TimeSpan.milliseconds(100)

    var arrivalsDeadline: Instant {
        guard let arrival = arrivals?.next else { return ringDeadline }
        return min(instant(of: arrival), ringDeadline)
    }

    /// When the first that waits has waited too long.
    var ringDeadline: Instant { ring.first.map { $0.intended + maxWait } ?? .distantFuture }

    /// Of an arrival at the very end not after the end, should a pause begin there.
    private func instant(of arrival: OwnArrivals.Arrival) -> Instant {
        min(endsAt, bench.clock.instant(of: workload.startTime + arrival.offset))
    }

    func turnArrivals() {
        expireRing()
        serveRing()
        fireArrivals()
    }

    func fireArrivals() {
        while let arrival = arrivals?.next {
            let intended = instant(of: arrival)
            guard intended <= bench.now else { return }
            arrivals?.advance()
            bench.counters.scheduled += 1
            let recorder = bench.recorder(index, intended: intended)
            recorder.count(.arrivals)
            if isFenced {
                miss(intended)
                continue
            }
            guard let user = free.popLast() ?? join() else {
                wait(.init(number: arrival.number, intended: intended))
                continue
            }
            let lag = bench.now - intended
            recorder.record(.scheduleLag, lag.ns)
            if lag > Self.lateAfter { recorder.count(.late) }
            dispatch(user, number: arrival.number, intended: intended)
        }
    }

    private func wait(_ entry: WaitingRing.Entry) {
        if maxWait <= .zero {
            drop(entry.intended, .noVU)
        } else if ring.isFull {
            drop(entry.intended, .ringFull)
        } else {
            ring.append(entry)
        }
    }

    func expireRing() {
        while let first = ring.first, first.intended + maxWait <= bench.now {
            ring.removeFirst()
            drop(first.intended, .expired)
        }
    }

    func serveRing() {
        while let first = ring.first {
            if isFenced {
                ring.removeFirst()
                miss(first.intended)
                continue
            }
            guard let user = free.popLast() ?? join() else { return }
            ring.removeFirst()
            let recorder = bench.recorder(index, intended: first.intended)
            recorder.record(.vuWait, (bench.now - first.intended).ns)
            dispatch(user, number: first.number, intended: first.intended)
        }
    }

    func drop(_ intended: Instant, _ reason: DropReason) {
        bench.counters.dropped += 1
        bench.recorder(index, intended: intended).countDrop(reason)
        if reason != .ended, let notice = dropNotice {
            notice.tell()
            dropNotice = nil
        }
    }

    func miss(_ intended: Instant) {
        bench.counters.missed += 1
        bench.recorder(index, intended: intended).countMissed()
    }

    private func dispatch(_ user: VirtualUser, number: UInt64, intended: Instant) {
        begin(user, intended: intended, number: number)
    }
}
