// What the owner of this agent lets it load, whatever a coordinator asks for: targets and caps, of
// `agent --targets FILE` or its flags (fleet.md section 10). Loopback needs no permission. A value.

package import HarnessCore
import ScenarioModel

package struct OwnTargets: Sendable, Equatable {
    package var rule: TargetRule
    /// nil: none.
    package var caps: TargetCaps?

    package init(rule: TargetRule = TargetRule(), caps: TargetCaps? = nil) {
        self.rule = rule
        self.caps = caps
    }

    /// This agent's rule for a run, with the addresses that its names have here and now; names the
    /// run does not load are not looked up.
    /// - Throws: `TargetError` where the run wants what this agent does not allow.
    func admit(_ targets: [AllowedTarget]) throws(TargetError) -> TargetRule {
        var rule = rule
        rule.allowed = rule.allowed.filter { own in
            own.host == AllowedTarget.anyHost || targets.contains { $0.host == own.host }
        }
        for i in rule.allowed.indices where rule.allowed[i].blocks.isEmpty {
            do throws(TargetError) {
                rule.allowed[i].blocks = try HostResolver.resolve(rule.allowed[i].host)
                    .map { AddressBlock($0) }
            } catch {
                throw TargetError("\(rule.allowed[i].host): \(error)")
            }
        }
        for target in targets where !rule.allowsSome(of: target) {
            let words = target.lines.joined(separator: ", ")
            let has = rule.allowed.filter { $0.host == target.host }.flatMap(\.lines)
            let hint =
                has.isEmpty
                ? "name \(target.host) in its --targets, or start it with --allow-target and "
                    + "--yes-i-am-authorized"
                : "here it is \(has.joined(separator: ", ")); give it the block of its addresses"
            throw TargetError("this agent's own rule does not allow \(words): \(hint)")
        }
        return rule
    }

    /// Why a run is over the caps; nil: it is within them.
    func objection(to workloads: [Workload], agents: Int) -> String? {
        guard let caps else { return nil }
        let load = PlannedLoad(workloads)
        return caps.objection(peak: load.peakPerSecond, agents: agents, duration: load.duration)
            .map { "this agent's own --targets: " + $0 }
    }
}
