// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import Foundation

extension NATSClient {
    /// Makes a stream, or brings one that is there to this configuration.
    ///
    /// - Throws: `server` with JetStream's reason if it can't be changed so, `unavailable`, and what
    ///   ``request(_:headers:data:deadline:notAfter:)`` throws.
    public func makeStream(_ configuration: StreamConfiguration) async throws(NATSError) {
        do throws(NATSError) {
            _ = try await ask("STREAM.CREATE.\(configuration.name)", configuration.json)
        } catch {
            // There with another configuration.
            guard error.serverCode == 10_058 else { throw error }
            _ = try await ask("STREAM.UPDATE.\(configuration.name)", configuration.json)
        }
    }

    /// The stream at this moment.
    ///
    /// - Parameter subjects: of these, wildcards allowed, the messages are counted by subject; nil for none.
    /// - Throws: `streamNotFound`, and what ``request(_:headers:data:deadline:notAfter:)`` throws.
    public func streamState(_ stream: String, subjects: String? = nil) async throws(NATSError) -> StreamState {
        var state = StreamState()
        var offset = 0
        while true {
            let filter: JSONValue? = subjects.map {
                ["subjects_filter": .string($0), "offset": .integer(offset)]
            }
            let answer = try await ask("STREAM.INFO.\(stream)", filter)
            let counted = answer["state"]
            state.created = answer["created"]?.text ?? ""
            state.messages = counted?["messages"]?.number ?? 0
            state.bytes = counted?["bytes"]?.number ?? 0
            state.firstSequence = counted?["first_seq"]?.sequence ?? 0
            state.lastSequence = counted?["last_seq"]?.sequence ?? 0
            let page = counted?["subjects"]?.members ?? []
            for member in page { state.subjects[member.name] = member.value.number ?? 0 }
            offset += page.count
            // JetStream tells at most 100,000 subjects at a time.
            guard !page.isEmpty, offset < answer["total"]?.number ?? 0 else { return state }
        }
    }

    /// Removes a stream with all its messages.
    ///
    /// - Throws: `streamNotFound`, and what ``request(_:headers:data:deadline:notAfter:)`` throws.
    public func removeStream(_ stream: String) async throws(NATSError) {
        _ = try await ask("STREAM.DELETE.\(stream)")
    }

    /// Removes all messages of a subject, wildcards allowed; gives their number.
    ///
    /// - Throws: `streamNotFound`, and what ``request(_:headers:data:deadline:notAfter:)`` throws.
    @discardableResult
    public func purge(_ stream: String, subject: String) async throws(NATSError) -> Int {
        let answer = try await ask("STREAM.PURGE.\(stream)", ["filter": .string(subject)])
        return answer["purged"]?.number ?? 0
    }

    /// Removes one message; false if it isn't there.
    ///
    /// - Throws: `streamNotFound`, and what ``request(_:headers:data:deadline:notAfter:)`` throws.
    @discardableResult
    public func removeMessage(_ sequence: UInt64, of stream: String) async throws(NATSError) -> Bool {
        do throws(NATSError) {
            _ = try await ask(
                "STREAM.MSG.DELETE.\(stream)", ["seq": .integer(Int(clamping: sequence)), "no_erase": true])
            return true
        } catch {
            // 10057: the message couldn't be removed, since it isn't there.
            guard error.code == .notFound || error.serverCode == 10_057 else { throw error }
            return false
        }
    }

    /// Which message of a stream is read.
    public enum Place: Sendable, Hashable {
        /// The one with that number.
        case at(UInt64)
        /// The first with that number or a higher one, of subjects that may hold wildcards.
        case from(UInt64, subject: String)
        /// The last of a subject.
        case last(subject: String)
    }

    /// Reads a message of a stream, in nobody's hand; nil if there is none.
    ///
    /// - Throws: `streamNotFound`, and what ``request(_:headers:data:deadline:notAfter:)`` throws.
    public func storedMessage(_ place: Place, of stream: String) async throws(NATSError) -> StoredMessage? {
        let body: JSONValue =
            switch place {
            case .at(let sequence): ["seq": .integer(Int(clamping: sequence))]
            case .from(let sequence, let subject):
                ["seq": .integer(Int(clamping: max(1, sequence))), "next_by_subj": .string(subject)]
            case .last(let subject): ["last_by_subj": .string(subject)]
            }
        return try Self.stored(try await request("$JS.API.STREAM.MSG.GET.\(stream)", data: body.bytes))
    }

    /// The message in an answer to STREAM.MSG.GET; nil if there is none.
    static func stored(_ reply: NATSMessage) throws(NATSError) -> StoredMessage? {
        let answer: JSONValue
        do throws(NATSError) {
            answer = try document(reply, of: "STREAM.MSG.GET")
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
        guard let message = answer["message"], let subject = message["subject"]?.text else {
            throw .unexpected("STREAM.MSG.GET")
        }
        return StoredMessage(
            subject: subject, sequence: message["seq"]?.sequence ?? 0, time: message["time"]?.text ?? "",
            headers: Self.headers(message["hdrs"]?.text.flatMap { Data(base64Encoded: $0) } ?? Data()),
            data: Array(message["data"]?.text.flatMap { Data(base64Encoded: $0) } ?? Data()))
    }

    /// Headers as they travel: a line `NATS/1.0`, then one for each.
    private static func headers(_ block: Data) -> [NATSHeader] {
        let lines = String(decoding: block, as: UTF8.self).split(separator: "\r\n").dropFirst()
        return lines.compactMap { (line: Substring) in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? NATSHeader(String(parts[0]), String(parts[1].drop { $0 == " " })) : nil
        }
    }
}
