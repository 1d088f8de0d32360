// SPDX-License-Identifier: Apache-2.0
import ApusSQL

/// A table that a trigger fills: with a row `(id, change)` for each change of another one.
struct Audit: Sendable {
    /// Whose database it is in.
    let service: String
    private let name: String
    private let event: String
    private let values: String
    private let type: String?

    /// - Parameters:
    ///   - event: what is written down: `UPDATE OF stock ON products`.
    ///   - values: id and change, of `OLD` and `NEW`.
    ///   - type: nil for every row, or what the end of its column `type` must be.
    init(_ service: String, _ name: String, after event: String, _ values: String, when type: String? = nil) {
        self.service = service
        self.name = name
        self.event = event
        self.values = values
        self.type = type
    }

    func statements(_ dialect: Dialect) -> [SQL] {
        let condition = type.map { "WHEN (NEW.type LIKE '%\($0)')" } ?? ""
        let insertion = "INSERT INTO audited_\(name) VALUES (\(values));"
        let table = SQL(raw: "CREATE TABLE audited_\(name) (id BIGINT NOT NULL, change BIGINT NOT NULL)")
        switch dialect {
        case .sqlite:
            return [
                table, SQL(raw: "CREATE TRIGGER audit_\(name) AFTER \(event) \(condition) BEGIN \(insertion) END"),
            ]
        case .postgres:
            let function =
                "CREATE FUNCTION audit_\(name)() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN \(insertion) RETURN NULL; END'"
            let trigger = "CREATE TRIGGER audit_\(name) AFTER \(event) FOR EACH ROW \(condition)"
            return [table, SQL(raw: function), SQL(raw: trigger + " EXECUTE FUNCTION audit_\(name)()")]
        }
    }
}
