// SPDX-License-Identifier: Apache-2.0

/// Where in a path the parameters of a route stand, in their order. Holds no text and allocates nothing.
public struct PathCaptures: Sendable {
    /// So many parameters a route may have.
    public static let limit = 8

    private var bounds = InlineArray<8, (UInt32, UInt32)>(repeating: (0, 0))

    /// How many there are.
    public private(set) var count = 0

    mutating func append(_ range: Range<Int>) {
        // Routes with more are refused when the router is built; a path can't bring more than its route.
        guard count < Self.limit else { return }
        bounds[count] = (UInt32(range.lowerBound), UInt32(range.upperBound))
        count += 1
    }

    mutating func removeLast() {
        count -= 1
    }

    /// The parts of `path`, still percent-encoded.
    public func texts(in path: Substring) -> [Substring] {
        guard count > 0 else { return [] }
        return (0..<count).map { index in
            let start = path.utf8.index(path.startIndex, offsetBy: Int(bounds[index].0))
            let end = path.utf8.index(path.startIndex, offsetBy: Int(bounds[index].1))
            return path[start..<end]
        }
    }
}
