// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// A part of a collection that is ordered by id.
public struct Page<Item: Sendable>: Sendable {
    /// In the order of their ids, at most as many as were asked for.
    public let items: [Item]
    /// What to ask the next part with; nil if this is the last.
    public let nextCursor: String?

    /// Reads the part that `request` asks for.
    ///
    /// - Parameters:
    ///   - id: the id of an item.
    ///   - load: at most so many items with ids above the given one, in the order of their ids.
    /// - Throws: 422 `invalid` if the request's cursor is none; what `load` throws.
    public init(
        _ request: PageRequest, by id: (Item) -> Int, load: (_ id: Int, _ limit: Int) async throws -> [Item]
    ) async throws {
        let limit = request.limit ?? PageRequest.standardLimit
        // One more tells whether there is a next page.
        let found = try await load(PageCursor(request.cursor).id, limit + 1)
        items = Array(found.prefix(limit))
        nextCursor = PageCursor.next(after: found.map(id), limit: limit)
    }
}
