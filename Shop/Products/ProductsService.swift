// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusMessaging
public import ApusRuntime
public import ApusSQL
public import ApusService
import Foundation
import ProductsContract

/// The products service: what can be ordered, and how much of it is left.
public struct ProductsService: ServiceProgram {
    public static let name = ProductsAPI.name
    public static var migrations: [Migrations] { [IdempotencyRecords.migrations, ProductsSchema.migrations] }

    /// How long a reservation holds unless its order says.
    public var reservationLifetime: Duration

    public init(from settings: inout Settings, service: ServiceSettings) {
        reservationLifetime = settings.duration(
            "RESERVATION_LIFETIME", default: .seconds(60), in: .seconds(1) ... .seconds(86_400),
            "how long stock is held for an order that isn't stored")
    }

    /// A service whose reservations hold for `reservationLifetime`.
    public init(reservationLifetime: Duration = .seconds(60)) {
        self.reservationLifetime = reservationLifetime
    }

    public func assemble(_ host: ServiceHost) throws {
        let catalogue = Catalogue(database: host.database, now: { Date() })
        let reservations = Reservations(database: host.database, lifetime: reservationLifetime, now: { Date() })
        let sweeper = ExpirySweeper(reservations, metrics: host.metrics, logger: host.logger("products.expiry"))
        host.runtime.add("expiry", service: sweeper)
        var builder = host.runtime.builder(of: ProductsAPI.self)
        ProductsOperations(
            catalogue: catalogue, reservations: reservations, sweeper: sweeper, keys: try host.idempotencyKeys()
        ).implement(&builder)
        try host.runtime.serve(builder)
    }
}
