// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// What `/health` says: the gateway's phase, and each service with how many of its instances are usable.
///
/// A service without a usable instance is a warning, not a failure of the gateway: taking the gateway out would take the
/// others with it.
struct HealthDocument {
    let isHealthy: Bool
    let json: String

    init(_ model: GatewayModel, phase: PhaseBox.Phase) {
        isHealthy = phase == .serving
        let now = Instant.now
        var isWarning = false
        let checks = model.services.map { service in
            let instances = service.instances
            let usable = instances.filter {
                $0.isHealthy.load(ordering: .relaxed) && !$0.isAvoided(at: now)
            }
            if usable.isEmpty { isWarning = true }
            let status = usable.isEmpty ? "fail" : usable.count < instances.count ? "warn" : "pass"
            return JSONText.quoted("service:\(service.name)")
                + ":{\"status\":\"\(status)\",\"instances\":\(instances.count),\"usable\":\(usable.count)}"
        }
        let status = !isHealthy ? "fail" : isWarning ? "warn" : "pass"
        json = "{\"status\":\"\(status)\",\"checks\":{\(checks.joined(separator: ","))}}\n"
    }
}
