// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusSQL
import ApusSQLite
import Foundation
import ProductsContract
import Synchronization
import Testing

@testable import Products

/// The rules of reservations, with a clock that is moved by hand.
@Suite("Reservations")
struct ReservationsTests {
    /// A database in memory with two products: 5 of the first, 10 of the second.
    private final class World: Sendable {
        let clock = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
        let database: any Database
        let catalogue: Catalogue
        let first: Int
        let second: Int

        init() async throws {
            database = try await SQLiteDatabase.open(url: "sqlite::memory:")
            for list in ProductsService.migrations { try await list.run(on: database) }
            catalogue = Catalogue(database: database, now: { Date() })
            first = try await catalogue.create(
                NewProduct(name: "Box", priceCents: 100, currency: "EUR", stock: 5)
            ).product.id
            second = try await catalogue.create(
                NewProduct(name: "Bag", priceCents: 200, currency: "EUR", stock: 10)
            ).product.id
        }

        var reservations: Reservations {
            Reservations(database: database, lifetime: .seconds(60), now: { self.clock.withLock { $0 } })
        }

        func pass(_ seconds: Double) { clock.withLock { $0 += seconds } }

        func stock() async throws -> [Int] {
            [try await catalogue.product(first).product.stock, try await catalogue.product(second).product.stock]
        }

        func want(_ first: Int, _ second: Int) -> NewReservation {
            NewReservation(
                items: [(self.second, second), (self.first, first)].filter { $0.1 > 0 }.map {
                    NewReservation.Item(productId: $0.0, quantity: $0.1)
                })
        }
    }

    @Test("Reserving lowers the stock at once, and the same again changes nothing")
    func idempotent() async throws {
        let world = try await World()
        let made = try await world.reservations.reserve("a", world.want(2, 3))
        let again = try await world.reservations.reserve("a", world.want(2, 3))
        #expect(made == again)
        #expect(made.items.map(\.priceCents) == [200, 100])
        #expect(try await world.stock() == [3, 7])
    }

    @Test("All items are taken or none, and the refusal names the product")
    func allOrNone() async throws {
        let world = try await World()
        let problem = await #expect(throws: Problem.self) {
            try await world.reservations.reserve("a", world.want(2, 11))
        }
        #expect(problem.map(Kind.init) == Kind(ProductsAPI.outOfStock))
        #expect(problem?.detail?.contains("(Bag)") == true)
        #expect(try await world.stock() == [5, 10])
    }

    @Test("A reservation of other items under the same name is refused")
    func otherItems() async throws {
        let world = try await World()
        _ = try await world.reservations.reserve("a", world.want(1, 0))
        await #expect(throws: Kind(ProductsAPI.reservationDiffers)) {
            try await kind { try await world.reservations.reserve("a", world.want(2, 0)) }
        }
        #expect(try await world.stock() == [4, 10])
    }

    @Test("A release gives back once")
    func releaseOnce() async throws {
        let world = try await World()
        _ = try await world.reservations.reserve("a", world.want(2, 3))
        try await world.reservations.release("a")
        try await world.reservations.release("a")
        #expect(try await world.stock() == [5, 10])
        #expect(try await world.reservations.sweep().expired == 0)
    }

    @Test("A reservation that comes after its release takes nothing")
    func lateReservation() async throws {
        let world = try await World()
        try await world.reservations.release("a")
        await #expect(throws: Kind(ProductsAPI.reservationClosed)) {
            try await kind { try await world.reservations.reserve("a", world.want(1, 0)) }
        }
        await #expect(throws: Kind(.notFound)) { try await kind { try await world.reservations.commit("a") } }
        #expect(try await world.stock() == [5, 10])
    }

    @Test("What is committed stays out of stock: no release, no expiry")
    func committed() async throws {
        let world = try await World()
        _ = try await world.reservations.reserve("a", world.want(2, 0))
        #expect(try await world.reservations.commit("a").state == .committed)
        #expect(try await world.reservations.commit("a").state == .committed)
        await #expect(throws: Kind(ProductsAPI.reservationCommitted)) {
            try await kind { try await world.reservations.release("a") }
        }
        world.pass(1000)
        #expect(try await world.reservations.sweep() == Reservations.Sweep(expired: 0, next: nil))
        #expect(try await world.stock() == [3, 10])
    }

    @Test("What expires is given back once, at its time")
    func expiry() async throws {
        let world = try await World()
        let made = try await world.reservations.reserve("a", world.want(2, 3))
        world.pass(59)
        #expect(try await world.reservations.sweep() == Reservations.Sweep(expired: 0, next: made.expiresAt))
        #expect(try await world.stock() == [3, 7])
        world.pass(1)
        #expect(try await world.reservations.sweep() == Reservations.Sweep(expired: 1, next: nil))
        #expect(try await world.reservations.sweep() == Reservations.Sweep(expired: 0, next: nil))
        #expect(try await world.stock() == [5, 10])
    }

    @Test("A commit after the expiry takes the items again")
    func lateCommit() async throws {
        let world = try await World()
        _ = try await world.reservations.reserve("a", world.want(2, 3))
        world.pass(61)
        _ = try await world.reservations.sweep()
        #expect(try await world.reservations.commit("a").state == .committed)
        #expect(try await world.stock() == [3, 7])
    }

    @Test("A commit after the expiry that finds too little left is refused, for good and with nothing taken")
    func refusedCommit() async throws {
        let world = try await World()
        _ = try await world.reservations.reserve("a", world.want(5, 3))
        world.pass(61)
        _ = try await world.reservations.sweep()
        _ = try await world.reservations.reserve("b", world.want(1, 0))
        await #expect(throws: Kind(ProductsAPI.outOfStock)) {
            try await kind { try await world.reservations.commit("a") }
        }
        #expect(try await world.stock() == [4, 10])
        try await world.reservations.release("b")
        await #expect(throws: Kind(ProductsAPI.outOfStock)) {
            try await kind { try await world.reservations.commit("a") }
        }
        #expect(try await world.stock() == [5, 10])
    }

    @Test("Releases are forgotten after a week, commits are not")
    func memory() async throws {
        let world = try await World()
        _ = try await world.reservations.reserve("a", world.want(1, 0))
        _ = try await world.reservations.reserve("b", world.want(1, 0))
        try await world.reservations.release("a")
        _ = try await world.reservations.commit("b")
        world.pass(7 * 86_400 + 1)
        _ = try await world.reservations.sweep()
        #expect(try await world.database.value("SELECT COUNT(*) FROM reservations", as: Int.self) == 1)
        #expect(try await world.database.value("SELECT COUNT(*) FROM reservation_items", as: Int.self) == 1)
        #expect(try await world.reservations.commit("b").state == .committed)
    }
}
