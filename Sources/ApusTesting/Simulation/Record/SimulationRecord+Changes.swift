// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience

extension SimulationRecord {
    func add(_ transition: CircuitBreakerTransition, of client: String, for instance: String) {
        guard transition.from != transition.to else { return }
        let state =
            switch transition.to {
            case .closed: "closed"
            case .halfOpen: "half-open"
            case .open: "open"
            }
        add(
            StateChange(
                at: VirtualTime.start.duration(to: transition.at), client: client, instance: instance, state: state))
    }

    func add(_ change: OutlierChange, of client: String) {
        let state =
            switch change.kind {
            case .ejected: "ejected"
            case .returned, .recovered: "returned"
            }
        add(
            StateChange(
                at: VirtualTime.start.duration(to: change.at), client: client, instance: change.id, state: state))
    }
}
