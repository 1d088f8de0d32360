// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What the process holds, as the kernel says it.
enum Memory {
    static func residentMiB() throws -> Double { try mebibytes("VmRSS") }

    /// The most that it ever held.
    static func peakMiB() throws -> Double { try mebibytes("VmHWM") }

    private static func mebibytes(_ field: String) throws -> Double {
        // Its size is told as zero, so it is read to its end.
        let status = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/status")).readToEnd() ?? Data()
        for line in String(decoding: status, as: UTF8.self).split(separator: "\n") where line.hasPrefix("\(field):") {
            let words = line.split { $0 == " " || $0 == "\t" }
            if words.count == 3, let kibibytes = Double(words[1]) { return kibibytes / 1024 }
        }
        throw Unfit("/proc/self/status has no \(field)")
    }
}
