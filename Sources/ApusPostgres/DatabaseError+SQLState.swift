// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusSQL
    internal import CPostgres

    extension DatabaseError {
        /// What the server said about a statement that failed.
        ///
        /// - Parameter isLost: whether the connection is gone.
        init(_ result: OpaquePointer, isLost: Bool, statement: String?) {
            func field(_ code: Character) -> String? {
                PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
            }
            let state = field("C")
            let code = isLost ? .connectionLost : state.map(Self.code(ofState:)) ?? .other
            var message = field("M") ?? String(cString: PQresultErrorMessage(result))
            if code == .invalidValue { message = Self.withoutValue(message, state: state) }
            self.init(
                code, message.trimmingNewlines(), constraint: field("n"), table: field("t"),
                columns: field("c").map { [$0] } ?? [], statement: statement,
                mayHaveRun: code == .connectionLost, engineCode: state)
            if let detail = field("D"), code == .uniqueViolation || code == .foreignKeyViolation {
                readColumns(from: detail)
            }
        }

        /// The values that a message quotes are left out, with whatever marks its language puts around them.
        static func withoutValue(_ message: String, state: String?) -> String {
            if state == "22021" || state == "22P05" {
                return "text with bytes or characters that the database's encoding doesn't have"
            }
            let marks: Set<Character> = ["\"", "'", "„", "“", "”", "«", "»", "‘", "’", "「", "」"]
            guard let first = message.firstIndex(where: marks.contains),
                let last = message.lastIndex(where: marks.contains)
            else { return message }
            return message[..<first] + "…" + message[message.index(after: last)...]
        }

        /// The connection broke off.
        static func connectionLost(_ message: String, statement: String?, mayHaveRun: Bool) -> DatabaseError {
            let text = message.trimmingNewlines()
            return DatabaseError(
                .connectionLost, text.isEmpty ? "the connection to the server was lost" : text, statement: statement,
                mayHaveRun: mayHaveRun)
        }

        /// Source: PostgreSQL's documentation, appendix A.
        static func code(ofState state: String) -> Code {
            switch state {
            case "23505": .uniqueViolation
            case "23503", "23001": .foreignKeyViolation
            case "23514", "23P01": .checkViolation
            case "23502": .notNullViolation
            case "40001", "40000": .serializationFailure
            case "40P01": .deadlock
            case "55P03": .busy
            // By the server: its statement_timeout, or an administrator. What the caller gives up is known before it answers.
            case "57014": .timeout
            case "25P03", "57P01", "57P02", "57P03", "57P04", "57P05": .connectionLost
            case "53100": .diskFull
            case "25006": .readOnly
            case "3D000": .cannotOpen
            case "25P02": .misuse
            case "XX001", "XX002": .corrupt
            default: code(ofClass: state.prefix(2))
            }
        }

        private static func code(ofClass class: Substring) -> Code {
            switch `class` {
            case "0A", "26", "42", "54": .syntax
            case "21", "22": .invalidValue
            case "28": .cannotOpen
            case "53": .overloaded
            default: .other
            }
        }

        /// PostgreSQL tells the columns of a key only in the detail: `Key (tenant, email)=(1, a@b) already exists.` The
        /// values in it are left out.
        private mutating func readColumns(from detail: String) {
            guard let open = detail.firstIndex(of: "("), let close = detail.firstRange(of: ")=(")?.lowerBound,
                open < close
            else { return }
            columns = detail[detail.index(after: open)..<close].split(separator: ", ").map(String.init)
        }
    }

    extension String {
        func trimmingNewlines() -> String {
            var text = self[...]
            while let last = text.last, last.isWhitespace { text.removeLast() }
            return String(text)
        }
    }
#endif
