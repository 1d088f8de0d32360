// SPDX-License-Identifier: Apache-2.0

/// Finds the name that somebody probably meant.
public enum NearestName {
    /// The name of `candidates` nearest to `name`, or nil if none is near: the distance may be a third of the longer
    /// one's length. Of equally near ones the first. Case is ignored.
    public static func nearest(to name: String, in candidates: some Sequence<String>) -> String? {
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(name.lowercased(), candidate.lowercased())
            let longer = max(name.count, candidate.count)
            guard distance <= max(1, longer / 3), distance < longer else { continue }
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// How many insertions, deletions, replacements and swaps of neighbours make `left` into `right` (optimal string
    /// alignment distance). Both are cut at 64 characters.
    public static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.prefix(64))
        let right = Array(right.prefix(64))
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let same = left[row] == right[column]
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (same ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
