// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// Names one product.
public struct ProductReference: Described, Hashable {
    public let id: Int

    public init(id: Int) {
        self.id = id
    }

    public static let schema = Schema<ProductReference> {
        Field("id", \.id)
    }
}

/// Names one product, and the state of it that a change is meant for.
public struct ProductCondition: Described, Hashable {
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

    public static let schema = Schema<ProductCondition> {
        Field("id", \.id)
        Field("If-Match", \.ifMatch, .length(1...256))
    }
}
