// SPDX-License-Identifier: Apache-2.0

/// Finds the name that someone most likely meant.
enum NearestName {
    /// The name of `names` nearest to `text`, if it is near enough to suggest: at most a third of its letters differ.
    static func of(_ text: String, in names: some Sequence<String>) -> String? {
        let typed = Array(text.lowercased().utf8.prefix(64))
        var best: (name: String, distance: Int)?
        for name in names {
            let candidate = Array(name.lowercased().utf8.prefix(64))
            let distance = distance(typed, candidate)
            guard distance <= max(1, max(typed.count, candidate.count) / 3) else { continue }
            if distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (restricted Damerau–Levenshtein).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows = [[Int]](repeating: Array(0...right.count), count: left.count + 1)
        for i in 1..<(left.count + 1) {
            rows[i][0] = i
            for j in 1..<(right.count + 1) {
                let cost = left[i - 1] == right[j - 1] ? 0 : 1
                rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
                }
            }
        }
        return rows[left.count][right.count]
    }
}
