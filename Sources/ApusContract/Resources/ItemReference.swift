// SPDX-License-Identifier: Apache-2.0
/// Names one item of a collection by its number: the parameters of `GET /v1/things/{id}`.
public struct ItemReference: Described, Hashable {
    /// The item's number within its collection.
    public let id: Int

    public init(id: Int) {
        self.id = id
    }

    public static let schema = Schema<ItemReference> {
        Field("id", \.id)
    }
}
