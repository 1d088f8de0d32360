// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import Synchronization

extension RegistryServer {
    /// What the registry answers about itself.
    func own(_ name: String) throws(DiscoveryError) -> HTTPResponse {
        switch name {
        case "livez": RegistryAnswer.text("ok\n")
        case "readyz", "health": try health()
        case "metrics": RegistryAnswer.text(metrics, type: "text/plain; version=0.0.4")
        default: throw DiscoveryError(.notFound, "/\(name) is nothing of the registry's")
        }
    }

    private func health() throws(DiscoveryError) -> HTTPResponse {
        let stores = registry.isStoring
        return try RegistryAnswer.json(
            RegistryWire.Health(
                status: stores ? "up" : "down", instances: registry.count, waiting: registry.waiting,
                storage: stores ? "up" : "the last write failed"),
            status: stores ? .ok : .serviceUnavailable)
    }

    private var metrics: String {
        let counted = registry.statistics
        let lines: [(name: String, kind: String, help: String, value: Int)] = [
            ("instances", "gauge", "Instances listed.", registry.count),
            ("watchers", "gauge", "Watchers that wait for news.", registry.waiting),
            ("registrations_total", "counter", "Leases granted.", counted.registrations.load(ordering: .relaxed)),
            ("renewals_total", "counter", "Leases renewed.", counted.renewals.load(ordering: .relaxed)),
            ("expirations_total", "counter", "Leases that ran out.", counted.expirations.load(ordering: .relaxed)),
            ("rejections_total", "counter", "Requests refused.", counted.rejections.load(ordering: .relaxed)),
            ("storage_failures_total", "counter", "Writes to the file that failed.",
                counted.storageFailures.load(ordering: .relaxed)),
        ]
        return lines.map { line in
            let name = "apus_registry_" + line.name
            return "# HELP \(name) \(line.help)\n# TYPE \(name) \(line.kind)\n\(name) \(line.value)\n"
        }.joined()
    }
}
