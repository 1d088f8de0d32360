// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// The operations of the orders service.
public enum OrdersAPI: Contract {
    public static let name = "orders"
    public static let version = "1.0.0"
    public static let summary = "Who ordered what."
    public static var operations: [AnyOperation] {
        placeOrder
        getOrder
        listOrders
    }

    public static let placeOrder = Operation(
        .post, "/v1/orders", name: "placeOrder", parameters: OrderKey.self, headers: [Idempotency.keyHeader],
        body: NewOrder.self, output: Order.self, status: 201,
        errors: [unknownUser, unknownProduct, outOfStock, keyReused, mixedCurrencies],
        idempotency: .key(required: false),
        summary: "Places an order, which is pending until a worker confirms it; the answer's Location names it.")

    public static let getOrder = Operation(
        .get, "/v1/orders/{id}", name: "getOrder", parameters: ItemReference.self, output: Order.self,
        errors: [.notFound], summary: "One order.")

    public static let listOrders = Operation(
        .get, "/v1/orders", name: "listOrders", parameters: PageRequest.self, output: OrderList.self,
        summary: "The orders in the order of their ids, a page at a time.")

    // MARK: Errors

    /// The user who orders doesn't exist.
    public static let unknownUser = DeclaredError(422, "unknown_user", "Unknown user")
    /// A product that is ordered doesn't exist.
    public static let unknownProduct = DeclaredError(422, "unknown_product", "Unknown product")
    /// There is not enough of a product left.
    public static let outOfStock = DeclaredError(409, "out_of_stock", "Out of stock")
    /// The idempotency key was used before, with another body.
    public static let keyReused = DeclaredError(422, "idempotency_key_reused", "Idempotency key used before")
    /// The products have prices in different currencies.
    public static let mixedCurrencies = DeclaredError(422, "mixed_currencies", "Mixed currencies")
}
