// SPDX-License-Identifier: Apache-2.0
public import ApusMessaging
public import Foundation

extension Simulation {
    /// What runs the tasks of this simulation, for drivers that begin tasks of their own and take an executor for them.
    public var taskExecutor: any TaskExecutor { executor }

    /// The clock of a queue in this simulation; its wall time is `wallOrigin` now.
    ///
    /// - Parameter sleep: how those of the queue wait, such as a process that may stand still. Default: as this clock.
    public func queueClock(
        wallOrigin: Date = Date(timeIntervalSince1970: 1_800_000_000),
        sleep: (@Sendable (Duration) async throws -> Void)? = nil
    ) -> QueueClock {
        QueueClock(
            time: time, wallOrigin: wallOrigin, executor: executor,
            sleep: sleep ?? { try await self.wait(for: $0) })
    }
}
