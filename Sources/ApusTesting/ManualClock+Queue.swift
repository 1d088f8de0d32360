// SPDX-License-Identifier: Apache-2.0
public import ApusMessaging
public import Foundation

extension ManualClock {
    /// This clock as a queue takes it; its wall time is `wallOrigin` now.
    public func queueClock(wallOrigin: Date = Date(timeIntervalSince1970: 1_800_000_000)) -> QueueClock {
        QueueClock(time: timeSource, wallOrigin: wallOrigin) { try await self.sleep(for: $0) }
    }
}
