// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import CPostgres

    /// The object ids of the types whose binary form is known here (`pg_type.dat`; they never change).
    enum PostgresType {
        static let bool: Oid = 16
        static let bytea: Oid = 17
        static let char: Oid = 18
        static let name: Oid = 19
        static let int8: Oid = 20
        static let int2: Oid = 21
        static let int4: Oid = 23
        static let text: Oid = 25
        static let oid: Oid = 26
        static let json: Oid = 114
        static let xml: Oid = 142
        static let float4: Oid = 700
        static let float8: Oid = 701
        static let unknown: Oid = 705
        static let bpchar: Oid = 1042
        static let varchar: Oid = 1043
        static let date: Oid = 1082
        static let timestamp: Oid = 1114
        static let timestamptz: Oid = 1184
        static let numeric: Oid = 1700
        static let void: Oid = 2278
        static let uuid: Oid = 2950
        static let jsonb: Oid = 3802
        /// Types from here on were made by users; most are enums, whose binary form is their label.
        static let firstUserDefined: Oid = 16384

        /// From 1970-01-01 to 2000-01-01, where PostgreSQL's count of time begins.
        static let epochMicroseconds: Int64 = 946_684_800_000_000

        /// Whether a column of this type can be read.
        static func isReadable(_ type: Oid) -> Bool {
            switch type {
            case bool, bytea, char, name, int8, int2, int4, text, oid, json, xml, float4, float8, unknown, bpchar,
                varchar,
                date, timestamp, timestamptz, numeric, void, uuid, jsonb:
                true
            default: type >= firstUserDefined
            }
        }
    }
#endif
