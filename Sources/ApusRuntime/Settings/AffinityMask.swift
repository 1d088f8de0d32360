// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The CPUs that this process may run on.
enum AffinityMask {
    /// Their number: those of the affinity mask (what `taskset` and cpusets leave), or those of the machine where there
    /// is no such mask. At least 1.
    static var count: Int {
        #if os(Linux)
            // `sched_getaffinity` stands behind `_GNU_SOURCE` and is not imported; the kernel tells the same here.
            if case .text(let status) = SettingsFile.read("/proc/self/status"), let count = count(inStatus: status) {
                return count
            }
        #endif
        return max(1, ProcessInfo.processInfo.activeProcessorCount)
    }

    /// The bits of `Cpus_allowed`, groups of hexadecimal digits between commas.
    static func count(inStatus status: String) -> Int? {
        let key = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return nil }
        let count = line.dropFirst(key.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return count > 0 ? count : nil
    }
}
