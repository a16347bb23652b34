// What a Redis server must be for a run (fleet.md section 2), judged from INFO. Pure.

package enum RedisRequirements {
    /// Nil where the server will do; else what is wrong and the setting that helps.
    package static func objection(_ info: [String: String]) -> String? {
        let version = info["redis_version"] ?? "unknown"
        let major = version.split(separator: ".").first.flatMap { Int($0) } ?? 0
        if major < 7 { return "Redis is version \(version); 7.0 or later is needed" }
        if info["cluster_enabled"] == "1" {
            return "Redis is a cluster; set cluster-enabled no"
        }
        if let role = info["role"], role != "master" {
            return "Redis is a \(role); connect to its master"
        }
        let policy = info["maxmemory_policy"] ?? "unknown"
        if policy != "noeviction" {
            return "Redis may evict data: maxmemory-policy is \(policy); set it to noeviction"
        }
        return nil
    }
}
