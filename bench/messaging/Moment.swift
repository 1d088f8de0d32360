// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation

/// How far the process is.
struct Moment {
    let time = Instant.now
    /// User and system time of all its threads.
    let cpuMicroseconds = Self.cpuMicroseconds()
    let count: Int

    /// Of what was counted since `start`.
    func perSecond(since start: Moment) -> Double {
        Double(count - start.count) / start.time.duration(to: time).seconds
    }

    /// CPU microseconds for each of what was counted since `start`.
    func cost(since start: Moment) -> Double {
        Double(cpuMicroseconds - start.cpuMicroseconds) / Double(count - start.count)
    }

    private static func cpuMicroseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000
    }
}
