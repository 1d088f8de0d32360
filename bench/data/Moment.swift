// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation

/// How far the process is.
struct Moment {
    let time = Instant.now
    /// User and system time of all its threads.
    let cpuMicroseconds = Self.cpuMicroseconds()
    let operations: Int

    private static func cpuMicroseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000
    }
}
