// SPDX-License-Identifier: Apache-2.0
import ApusCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How much of its time a thread works, from one question to the next. Asked on that thread only.
struct ThreadCPU {
    private var asked: Instant?
    private var used: Int64 = 0

    /// The share since the last question, 0 to 1; nil for the first.
    mutating func share(at now: Instant) -> Double? {
        var time = timespec()
        guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return nil }
        let used = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        defer { (asked, self.used) = (now, used) }
        guard let asked, asked < now else { return nil }
        return min(1, Double(used - self.used) / Double(now.nanoseconds - asked.nanoseconds))
    }
}
