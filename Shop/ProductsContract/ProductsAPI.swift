// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// The operations of the products service.
public enum ProductsAPI: Contract {
    public static let name = "products"
    public static let version = "1.0.0"
    public static let summary = "What can be ordered, and how much of it is left."
    public static var operations: [AnyOperation] {
        createProduct
        getProduct
        listProducts
        updateProduct
        reserve
        release
        commit
    }

    public static let createProduct = Operation(
        .post, "/v1/products", name: "createProduct", body: NewProduct.self, output: Product.self, status: 201,
        errors: [.idempotencyKeyReused, .idempotencyKeyInUse], idempotency: .key(required: false),
        summary: "Creates a product; the answer's Location names it.")

    public static let getProduct = Operation(
        .get, "/v1/products/{id}", name: "getProduct", parameters: ItemReference.self, output: Product.self,
        errors: [.notFound], summary: "One product, with its ETag.")

    public static let listProducts = Operation(
        .get, "/v1/products", name: "listProducts", parameters: PageRequest.self, output: ProductList.self,
        summary: "The products in the order of their ids, a page at a time.")

    public static let updateProduct = Operation(
        .patch, "/v1/products/{id}", name: "updateProduct", parameters: ItemCondition.self,
        headers: [ItemCondition.header], body: ProductChanges.self, output: Product.self,
        errors: [.notFound, .preconditionFailed],
        summary: "Changes the fields that are given, if the product's ETag is still that of If-Match.")

    // MARK: Reservations, for orders

    public static let reserve = Operation(
        .put, "/v1/reservations/{orderId}", name: "reserve", parameters: ReservationReference.self,
        body: NewReservation.self, output: Reservation.self,
        errors: [unknownProduct, outOfStock, reservationClosed, reservationDiffers],
        summary: "Takes the items out of stock for an order, all or none. The same again changes nothing.")

    public static let release = Operation(
        .delete, "/v1/reservations/{orderId}", name: "release", parameters: ReservationReference.self,
        errors: [reservationCommitted],
        summary: "Gives the items of an order back. Also succeeds if there is nothing to give back.")

    public static let commit = Operation(
        .put, "/v1/reservations/{orderId}/commit", name: "commit", parameters: ReservationReference.self,
        output: Reservation.self, errors: [.notFound, outOfStock],
        summary: "Makes the reservation final, so that it no longer expires. One that was given back is taken again; "
            + "if too little is left, that is final as well. The same again changes nothing and answers the same.")

    // MARK: Errors

    /// A product that is asked for doesn't exist.
    public static let unknownProduct = DeclaredError(422, "unknown_product", "Unknown product")
    /// There is not enough of a product left.
    public static let outOfStock = DeclaredError(409, "out_of_stock", "Out of stock")
    /// The reservation was released or has expired, and can't be made again under this name.
    public static let reservationClosed = DeclaredError(409, "reservation_closed", "Reservation closed")
    /// The order has a reservation, but of other items.
    public static let reservationDiffers = DeclaredError(409, "reservation_differs", "Reservation of other items")
    /// The reservation is final and can't be released.
    public static let reservationCommitted = DeclaredError(409, "reservation_committed", "Reservation committed")
}
