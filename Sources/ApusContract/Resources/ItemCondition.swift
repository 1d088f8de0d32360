// SPDX-License-Identifier: Apache-2.0
/// Names one item of a collection, and the state of it that a change is meant for: the parameters of `PATCH` and `DELETE`
/// on `/v1/things/{id}`, with ``header`` among the operation's headers.
public struct ItemCondition: Described, Hashable {
    /// The header that names the state.
    public static let header = "If-Match"

    /// The item's number within its collection.
    public let id: Int
    /// The ETag that the caller last saw; nil to change whatever is there.
    public let ifMatch: String?

    public init(id: Int, ifMatch: String? = nil) {
        self.id = id
        self.ifMatch = ifMatch
    }

    enum CodingKeys: String, CodingKey {
        case id
        case ifMatch = "If-Match"
    }

    public static let schema = Schema<ItemCondition> {
        Field("id", \.id)
        Field(header, \.ifMatch, .length(1...256))
    }
}
