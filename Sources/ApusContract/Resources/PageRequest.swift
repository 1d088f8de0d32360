// SPDX-License-Identifier: Apache-2.0
/// Which part of a collection is asked for: the parameters of `GET /v1/things`.
///
/// The answer is an object of the collection's own type, with `items` and `nextCursor`: a type for all collections would
/// be generic, and a generic type can't keep its schema.
public struct PageRequest: Described, Hashable {
    /// What ``limit`` is where none is given.
    public static let standardLimit = 50

    /// So many at most, 1 to 200; ``standardLimit`` by default.
    public let limit: Int?
    /// Where the page before ended: its `nextCursor`. Nil for the first page.
    public let cursor: String?

    public init(limit: Int? = nil, cursor: String? = nil) {
        self.limit = limit
        self.cursor = cursor
    }

    public static let schema = Schema<PageRequest> {
        Field("limit", \.limit, .range(1...200), note: "So many at most; \(standardLimit) by default.")
        Field("cursor", \.cursor, .length(1...200), note: "The nextCursor of the page before.")
    }
}
