// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Translates between instants and what the clocks on the walls of a time zone show, both in seconds since 1970.
///
/// Between two changes of a zone's clocks lie at least three days.
struct ZoneOffsets: Sendable, Hashable {
    let zone: TimeZone

    /// How far the clocks are ahead of UTC.
    func offset(at instant: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
    }

    /// When the clocks show `wall`: the first time, if they do twice; the moment when they jump over it, if they never do.
    func instant(showing wall: Int) -> Int {
        // No zone is more than a day away from UTC, so what holds now is among these.
        let (before, after) = (offset(at: wall - 86_400), offset(at: wall + 86_400))
        let found = [before, after].filter { offset(at: wall - $0) == $0 }.map { wall - $0 }.min()
        if let found { return found }
        var (early, late) = (wall - max(before, after), wall - min(before, after))
        while late - early > 1 {
            let middle = early + (late - early) / 2
            if middle + offset(at: middle) > wall { late = middle } else { early = middle }
        }
        return late
    }

    /// The first instant after `early`, up to `late`, at which the clocks go as they do at `late`; nil if they do at
    /// `early` already.
    func change(after early: Int, upTo late: Int) -> Int? {
        let target = offset(at: late)
        guard offset(at: early) != target else { return nil }
        var (early, late) = (early, late)
        while late - early > 1 {
            let middle = early + (late - early) / 2
            if offset(at: middle) == target { late = middle } else { early = middle }
        }
        return late
    }
}
