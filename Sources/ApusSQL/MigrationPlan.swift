// SPDX-License-Identifier: Apache-2.0

/// What a list of migrations means for a database: which ran, and which are to run.
public struct MigrationPlan: Sendable {
    /// In the order in which they ran.
    public let applied: [MigrationRecord]
    /// In the order in which they will run.
    public let pending: [Migration]

    /// Compares what the program has with what the database remembers.
    ///
    /// - Throws: `migrationDrift`, naming the migration: its statements changed since it ran, it ran but the program
    ///   doesn't have it (an older program on a newer schema), or one that hasn't run stands before one that has.
    static func make(
        _ migrations: [Migration], applied: [MigrationRecord], component: String, dialect: Dialect
    ) throws(DatabaseError) -> MigrationPlan {
        for (index, record) in applied.enumerated() {
            guard let position = migrations.firstIndex(where: { $0.name == record.name }) else {
                throw drift(
                    component, "\(record.name) ran on this database but isn't in the program; is the program older?")
            }
            guard position == index else {
                throw drift(component, "\(migrations[index].name) hasn't run, but \(record.name) after it has")
            }
            let checksum = migrations[position].checksum(for: dialect)
            guard checksum == record.checksum else {
                throw drift(
                    component,
                    "\(record.name) was changed after it ran: checksum \(checksum), recorded \(record.checksum); "
                        + "restore it and write a new migration")
            }
        }
        return MigrationPlan(applied: applied, pending: Array(migrations.dropFirst(applied.count)))
    }

    private static func drift(_ component: String, _ message: String) -> DatabaseError {
        DatabaseError(.migrationDrift, "migrations of \(component): \(message)")
    }
}
