// SPDX-License-Identifier: Apache-2.0
public import ApusContract
import ApusCore

/// Where a page of a list that is ordered by id ended: what `nextCursor` says and `cursor` brings back.
///
/// Callers don't look into it, so its text is opaque: hexadecimal digits.
public struct PageCursor: Sendable, Hashable, CustomStringConvertible {
    /// The id of the last item of the page before; 0 before the first page.
    public let id: Int

    /// The cursor after the item with `id`, which isn't negative.
    public init(after id: Int) {
        self.id = id
    }

    /// Reads the `cursor` parameter of a request; nil means from the beginning.
    ///
    /// - Throws: 422 `invalid` naming the parameter if the text is no cursor.
    public init(_ text: String?) throws(Problem) {
        guard let text else {
            id = 0
            return
        }
        guard text.utf8.count == 16, let value = Hex.value(text.utf8), let id = Int(exactly: value) else {
            throw .invalid([Violation(field: "cursor", code: "cursor", message: "must be the nextCursor of a page")])
        }
        self.id = id
    }

    /// The cursor after the last of `ids`, if there is a next page.
    ///
    /// - Parameter ids: those found when one more than `limit` was asked for.
    public static func next(after ids: [Int], limit: Int) -> String? {
        guard ids.count > limit, let last = ids.prefix(limit).last else { return nil }
        return PageCursor(after: last).description
    }

    public var description: String { Hex.string(UInt64(id)) }
}
