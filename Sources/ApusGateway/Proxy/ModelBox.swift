// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The model in force. Event loops notice a new one by its number, without a lock, and finish requests with the one
/// that they began with.
final class ModelBox: Sendable {
    private let model: Mutex<GatewayModel>
    private let number = Atomic<Int>(1)

    init(_ model: GatewayModel) {
        self.model = Mutex(model)
    }

    var version: Int { number.load(ordering: .acquiring) }

    var current: GatewayModel { model.withLock { $0 } }

    func replace(_ next: GatewayModel) {
        model.withLock { $0 = next }
        number.add(1, ordering: .releasing)
    }
}
