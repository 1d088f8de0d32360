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
        var usage = rusage()
        getrusage(RUSAGE_SELF, &usage)
        return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000
            + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }
}
