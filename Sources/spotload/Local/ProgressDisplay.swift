// How a run shows that it goes on: on a terminal a few lines drawn over and over, four times a
// second; elsewhere plain lines every ten seconds (DESIGN.md section 5). Called from the
// collector's thread.

import Collector
import HarnessCore
import Synchronization

final class ProgressDisplay: Sendable {
    private struct State {
        var drawn = 0
        var nextPlain = TimeSpan.seconds(10)
        var nextDraw = TimeSpan.zero
    }
    private let isQuiet: Bool
    private let state = Mutex(State())

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    /// A line about the run's life, e.g. `waiting for 2 agents`.
    func note(_ text: String) {
        guard !isQuiet else { return }
        state.withLock { state in
            erase(&state)
            Terminal.error(text)
        }
    }

    func show(_ aggregate: RunAggregate, runTime: TimeSpan) {
        guard !isQuiet, runTime >= .zero else { return }
        state.withLock { state in
            if Terminal.isErrorInteractive {
                guard runTime >= state.nextDraw else { return }
                state.nextDraw = runTime + .milliseconds(250)
                erase(&state)
                let lines = ProgressLine.terminal(
                    aggregate, runTime: runTime, width: Terminal.width)
                for line in lines { Terminal.error(line) }
                state.drawn = lines.count
            } else if runTime >= state.nextPlain {
                state.nextPlain = runTime + .seconds(10)
                for line in ProgressLine.plain(aggregate, runTime: runTime) {
                    Terminal.error(line)
                }
            }
        }
    }

    /// The run is over: the report follows.
    func finish() { state.withLock { erase(&$0) } }

    private func erase(_ state: inout State) {
        guard state.drawn > 0 else { return }
        Terminal.errorRaw("\u{1B}[\(state.drawn)F\u{1B}[J")
        state.drawn = 0
    }
}
