// The stack of blocks: groups, branches and loops go down into one and come back up.

import HarnessCore

extension FlowMachine {
    func enter(_ block: Int, group: Int = -1) {
        let range = code.blocks[block]
        frames.append(
            Frame(
                index: range.lowerBound, end: range.upperBound, group: group, begunAt: context.now))
    }

    /// Goes into the first round of a loop, if there is one.
    func enter(loop position: Int) throws(FlowFailure) {
        let loop = code.loops[position]
        guard try begins(round: 0, of: loop) else { return }
        enter(loop.block)
        frames[frames.count - 1].loop = position
    }

    /// The end of a block: the next round of a loop, or back to where it was entered.
    func endBlock(_ frame: Frame) throws(FlowFailure) {
        if frame.loop >= 0 {
            let loop = code.loops[frame.loop]
            if try begins(round: frame.round + 1, of: loop) {
                frames[frames.count - 1].round += 1
                frames[frames.count - 1].index = code.blocks[loop.block].lowerBound
                return
            }
        }
        leave(frame)
    }

    func leave(_ frame: Frame) {
        frames.removeLast()
        guard frame.group >= 0 else { return }
        context.groupEnded(frame.group, since: frame.begunAt, isWarmup: isWarmup)
    }

    /// A condition that still holds after `rounds` rounds is an error, and `${loop}` in it is the
    /// number of the round it asks about.
    private func begins(round: Int, of loop: FlowCode.Loop) throws(FlowFailure) -> Bool {
        guard let condition = loop.condition else { return round < loop.rounds }
        asking = round
        defer { asking = nil }
        guard try holds(condition) else { return false }
        if round == loop.rounds { throw .loopLimit }
        return true
    }

    /// `${loop}`: the round of the innermost loop.
    func currentRound() throws(FlowFailure) -> Int {
        if let asking { return asking }
        for frame in frames.reversed() where frame.loop >= 0 { return frame.round }
        throw .undefinedName
    }
}
