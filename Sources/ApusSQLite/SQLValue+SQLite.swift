// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import Foundation
internal import GRDB

extension SQLValue {
    /// As SQLite stores it: booleans are 0 and 1, dates are microseconds since 1970.
    var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .double(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .blob(let value): Data(value).databaseValue
        case .bool(let value): (value ? 1 : 0).databaseValue
        case .date(let value): value.microsecondsSince1970.databaseValue
        }
    }

    init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let value): self = .integer(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .text(value)
        case .blob(let value): self = .blob(Array(value))
        }
    }
}
