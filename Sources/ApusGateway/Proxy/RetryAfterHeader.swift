// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import Foundation

/// Reads `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.
enum RetryAfterHeader {
    /// How long to wait; nil if nothing is said, or nothing that can be read. At most a day.
    static func read(_ headers: Headers, now: Date = .now) -> Duration? {
        guard let text = headers[.retryAfter] else { return nil }
        if text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int64(text) {
            return .seconds(min(seconds, 86_400))
        }
        guard let date = date(text) else { return nil }
        let wait = date - now.timeIntervalSince1970
        return .seconds(min(86_400, max(0, Int64(wait.rounded(.up)))))
    }

    /// The seconds since 1970 of an IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Double? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let numbers = ([words[1], words[3]] + words[4].split(separator: ":")).compactMap { Int32($0) }
        guard numbers.count == 5, (1...31).contains(numbers[0]), (1970...9999).contains(numbers[1]) else { return nil }
        var parts = tm()
        parts.tm_mday = numbers[0]
        parts.tm_mon = Int32(month)
        parts.tm_year = numbers[1] - 1900
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[2], numbers[3], numbers[4])
        return Double(timegm(&parts))
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
