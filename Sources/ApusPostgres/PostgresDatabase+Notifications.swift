// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    public import ApusSQL

    extension PostgresDatabase: NotifyingDatabase {
        public func listen(
            to topic: String, _ handler: @escaping @Sendable (String?) -> Void
        ) throws(DatabaseError) -> any DatabaseListening {
            guard Self.isTopic(topic) else {
                throw DatabaseError(.misuse, "a topic is 1 to 63 of a-z, 0-9 and _, not \(topic.prefix(80))")
            }
            let listener = try PostgresListener(string, topic, handler)
            listener.start()
            return listener
        }

        public func notify(_ topic: String, _ payload: String) async throws(DatabaseError) {
            _ = try await query("SELECT pg_notify(\(topic), \(payload))")
        }

        private static func isTopic(_ text: String) -> Bool {
            (1...63).contains(text.utf8.count)
                && text.utf8.allSatisfy {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
                }
        }
    }
#endif
