// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ProductsContract

/// A product, and the number of the state that it is in.
struct VersionedProduct: Sendable {
    let product: Product
    /// Counts the changes from 1 on, those of the stock included.
    let version: Int

    var etag: EntityTag { EntityTag(version: version) }
}
