// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What the process holds, as the kernel says it.
enum Memory {
    static var residentMiB: Double { mebibytes("VmRSS") }

    /// The most that it ever held.
    static var peakMiB: Double { mebibytes("VmHWM") }

    /// Zero where there is no /proc.
    private static func mebibytes(_ field: String) -> Double {
        guard let status = FileManager.default.contents(atPath: "/proc/self/status") else { return 0 }
        for line in String(decoding: status, as: UTF8.self).split(separator: "\n") where line.hasPrefix("\(field):") {
            let number = line.dropFirst(field.count + 1).split(separator: " ").first?.drop { $0 == "\t" }
            return Double(number ?? "").map { $0 / 1024 } ?? 0
        }
        return 0
    }
}
