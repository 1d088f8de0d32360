// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// The workers of an instance from its start to its end, and those who wait for one.
final class SimulatedWorkers: Sendable {
    private let free: Mutex<Int>
    private let line = WaitingLine()
    private let maximumQueue: Int

    init(_ configuration: SimulatedServiceConfiguration) {
        free = Mutex(max(1, configuration.workers))
        maximumQueue = configuration.maximumQueue
    }

    func take() async throws(CallFailure) {
        let isFree = free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
        if isFree { return }
        guard line.count < maximumQueue else {
            throw CallFailure(
                .overloaded, "the queue of the instance is full", stage: .admission, mayHaveReachedPeer: false)
        }
        guard await line.wait() else { throw SimulatedInstance.gone }
    }

    func giveBack() {
        if !line.admitFirst() { free.withLock { $0 += 1 } }
    }
}
