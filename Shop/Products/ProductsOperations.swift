// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusResilience
import ApusService
import ProductsContract

/// The implementation of ``ProductsAPI``.
struct ProductsOperations: Sendable {
    let catalogue: Catalogue
    let reservations: Reservations
    let sweeper: ExpirySweeper
    let keys: IdempotencyKeys

    func implement(_ service: inout ServiceBuilder) {
        service.implement(ProductsAPI.createProduct, once: keys) { call, transaction in
            let made = try await catalogue.create(call.body, in: transaction)
            return .created(made.product, location: "/v1/products/\(made.product.id)", etag: made.etag)
        }
        service.implement(ProductsAPI.getProduct) { call in
            let found = try await catalogue.product(call.parameters.id)
            return .ok(found.product, etag: found.etag)
        }
        service.implement(ProductsAPI.listProducts) { call in
            let page = try await Page(call.parameters, by: \.id) { try await catalogue.list(after: $0, limit: $1) }
            return ProductList(items: page.items, nextCursor: page.nextCursor)
        }
        service.implement(ProductsAPI.updateProduct) { call in
            let changed = try await catalogue.update(call.parameters, call.body)
            return .ok(changed.product, etag: changed.etag)
        }
        // Orders wait for these, which carry what is begun to its end.
        service.implement(ProductsAPI.reserve, priority: .high) { call in
            let reservation = try await reservations.reserve(call.parameters.orderId, call.body)
            sweeper.expect(reservation.expiresAt)
            return reservation
        }
        service.implement(ProductsAPI.release, priority: .high) { call in
            try await reservations.release(call.parameters.orderId)
        }
        service.implement(ProductsAPI.commit, priority: .high) { call in
            try await reservations.commit(call.parameters.orderId)
        }
    }
}
