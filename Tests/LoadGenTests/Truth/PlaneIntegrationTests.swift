// The suite that holds the tests of the data plane that look at times or take many connections: its
// name puts them among the integration tests, which run one after the other.

import ScenarioModel
import Testing

@Suite(.serialized) enum PlaneIntegrationTests {
    static let lanes: [Workload.Transport] = [.multi, .direct]
}
