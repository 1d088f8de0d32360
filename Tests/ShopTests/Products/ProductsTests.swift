// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusService
import ApusTesting
import ProductsContract
import Testing

@Suite("Products")
struct ProductsTests {
    @Test("A product's ETag changes with its stock, and a change asks for the state that it was made for")
    func conditions() async throws {
        try await RunningShop.with { shop in
            let product = try await shop.product(stock: 5)
            _ = try await shop.reserve(2, of: product, for: "a")
            let found = try await shop.products.send(
                ProductsAPI.getProduct, ItemReference(id: product.id), body: NoBody())
            #expect(found.output.stock == 3)
            await #expect(throws: Kind(.preconditionFailed)) {
                try await kind {
                    try await shop.products.call(
                        ProductsAPI.updateProduct, ItemCondition(id: product.id, ifMatch: "\"1\""),
                        body: ProductChanges(priceCents: 1))
                }
            }
            let changed = try await shop.products.call(
                ProductsAPI.updateProduct, ItemCondition(id: product.id, ifMatch: found.etag),
                body: ProductChanges(priceCents: 1))
            #expect(changed.priceCents == 1)
            #expect(changed.stock == 3)
        }
    }

    @Test("The sweeper gives back what nobody committed, by itself")
    func sweeper() async throws {
        try await RunningShop.with { shop in
            let product = try await shop.product(stock: 5)
            _ = try await shop.reserve(2, of: product, for: "later", expiresInSeconds: 60)
            _ = try await shop.reserve(3, of: product, for: "sooner", expiresInSeconds: 1)
            #expect(try await shop.stock(of: product) == 0)
            try await eventually("the earlier reservation expired", within: .seconds(5)) {
                try await shop.stock(of: product) == 3
            }
        }
    }
}
