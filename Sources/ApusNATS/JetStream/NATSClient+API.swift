// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusCore

extension NATSClient {
    /// Asks JetStream's interface; gives its answer, or throws the error that it holds.
    func ask(
        _ path: String, _ body: JSONValue? = nil, deadline: Instant? = nil
    ) async throws(NATSError) -> JSONValue {
        let answer: NATSMessage
        do throws(NATSError) {
            answer = try await request("$JS.API.\(path)", data: body?.bytes ?? [], deadline: deadline)
        } catch {
            guard error.code == .noResponders else { throw error }
            throw NATSError(
                .unavailable, "JetStream isn't switched on at the server, or not for this account", mayHaveRun: false)
        }
        return try Self.document(answer, of: path)
    }

    /// The document of an answer.
    ///
    /// - Throws: the error that it holds; `invalidReply`.
    static func document(_ answer: NATSMessage, of what: String) throws(NATSError) -> JSONValue {
        guard let document = JSONValue.parsed(answer.data) else { throw .unexpected(what) }
        if let error = document["error"] { throw NATSError(jetStream: error) }
        return document
    }
}

extension NATSError {
    /// An error as JetStream answers it. Its codes: `server/errors.json` of nats-server.
    init(jetStream error: JSONValue) {
        let number = error["err_code"]?.number ?? 0
        let description = error["description"]?.text ?? "an error"
        let code: Code =
            switch number {
            case 10_059: .streamNotFound
            case 10_014: .consumerNotFound
            case 10_037, 10_043: .notFound
            case 10_071, 10_164: .conflict
            case 10_054: .tooLarge
            case 10_039, 10_076: .unavailable
            case 10_023, 10_028, 10_047: .full
            // "Stream store failed", with the store's reason.
            case 10_077 where description.contains("exceeded") || description.contains("maximum"): .full
            default: .server
            }
        self.init(
            code, "JetStream answered: \(description)", serverCode: number, mayHaveRun: false,
            retryAfter: code == .full ? .seconds(1) : nil)
    }
}

extension JSONValue {
    /// The document that `bytes` hold; nil if it is no JSON.
    static func parsed(_ bytes: some Sequence<UInt8>) -> JSONValue? {
        do {
            return try JSONParser.parse(bytes)
        } catch {
            return nil
        }
    }

    /// Its number, if it is a whole one.
    var number: Int? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// Its number as JetStream counts: from zero.
    var sequence: UInt64 { number.flatMap { UInt64(exactly: $0) } ?? 0 }

    /// Its elements, if it is an array.
    var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// Its members, if it is an object.
    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }
}
