// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusSQLite
import Testing

@Suite("The address of a SQLite database")
struct SQLiteLocationTests {
    @Test(
        "is read from a URL",
        arguments: [
            ("sqlite::memory:", SQLiteLocation.memory), ("sqlite:users.db", .file("users.db")),
            ("sqlite:.apus/users.db", .file(".apus/users.db")), ("sqlite:/var/x.db", .file("/var/x.db")),
            ("sqlite:///var/x.db", .file("/var/x.db")),
        ])
    func valid(url: String, location: SQLiteLocation) throws {
        #expect(try SQLiteLocation(url: url) == location)
    }

    @Test(
        "that is wrong is refused with what was expected",
        arguments: ["", "users.db", "postgres://host/db", "sqlite:", "sqlite://host/x.db", "sqlite:x.db?mode=ro"])
    func invalid(url: String) {
        #expect {
            try SQLiteLocation(url: url)
        } throws: { error in
            guard let error = error as? DatabaseError else { return false }
            return error.code == .cannotOpen && error.message.contains("expected sqlite:PATH")
        }
    }
}
