// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusSQL
import ProductsContract

/// What can still be ordered, changed inside a transaction of whoever asks.
///
/// Products are taken in the order of their ids, so that transactions that want the same ones don't wait for each other
/// in a circle where rows are locked.
enum Stock {
    /// Takes all items, or throws and leaves it to the transaction to undo what was taken.
    ///
    /// - Returns: the items in the order given, with the price that each has now.
    /// - Throws: `unknown_product`, `out_of_stock`, naming the product.
    static func take(
        _ items: [NewReservation.Item], in transaction: any Transaction
    ) async throws -> [ReservedItem] {
        var priced: [Int: ReservedItem] = [:]
        for item in items.sorted(by: { $0.productId < $1.productId }) {
            let row = try await transaction.first(
                """
                UPDATE products SET stock = stock - \(item.quantity), version = version + 1
                WHERE id = \(item.productId) AND stock >= \(item.quantity) RETURNING price_cents, currency
                """)
            guard let row else { throw try await refusal(of: item, in: transaction) }
            priced[item.productId] = ReservedItem(
                productId: item.productId, quantity: item.quantity, priceCents: try row[0], currency: try row[1])
        }
        return items.compactMap { priced[$0.productId] }
    }

    static func giveBack(_ items: [ReservedItem], in transaction: any Transaction) async throws {
        for item in items.sorted(by: { $0.productId < $1.productId }) {
            try await transaction.execute(
                """
                UPDATE products SET stock = stock + \(item.quantity), version = version + 1
                WHERE id = \(item.productId)
                """)
        }
    }

    private static func refusal(
        of item: NewReservation.Item, in transaction: any Transaction
    ) async throws(DatabaseError) -> Problem {
        guard
            let row = try await transaction.first("SELECT name, stock FROM products WHERE id = \(item.productId)")
        else {
            return Problem(ProductsAPI.unknownProduct, "There is no product \(item.productId).")
        }
        let name: String = try row[0]
        let left: Int = try row[1]
        return Problem(
            ProductsAPI.outOfStock,
            "Of product \(item.productId) (\(name)) \(item.quantity) were asked for, and \(left) are left.")
    }
}
