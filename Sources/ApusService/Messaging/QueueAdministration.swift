// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusMessaging
import ApusRuntime
import Foundation
import Logging
import NIOCore

/// The routes by which an operator looks into a service's queues and brings dead messages back; what `apus queue` asks.
///
/// - `GET /queue`: what each channel holds (``ApusMessaging/QueueReport``).
/// - `GET /queue/dead?channel=&queue=&after=&limit=`: dead messages, oldest first
///   (``ApusMessaging/DeadMessagePage``); with `position=` the one there, whole.
/// - `POST /queue/dead/retry` and `/queue/dead/drop` with a ``ApusMessaging/DeadSelection``: tries them again, or deletes
///   them for good; answers with how many (``ApusMessaging/DeadCount``).
///
/// They ask for the services' token (``TrustedCaller``): payloads are shown. No gateway should lead to them.
struct QueueAdministration: Sendable {
    static let path = "/queue"

    /// Each queue with the name by which it is asked for; the first is meant where none is named.
    let queues: [(name: String, queue: MessageQueue)]
    let callers: TrustedCaller
    let logger: Logger

    func add(to builder: inout ServiceBuilder) {
        add(.get, "", to: &builder) { _ in try await list() }
        add(.get, "/dead", to: &builder) { try await dead($0) }
        for deed in DeadSelection.Deed.allCases {
            add(.post, "/dead/\(deed.rawValue)", to: &builder) { try await perform(deed, $0) }
        }
    }

    private func add(
        _ method: HTTPMethod, _ suffix: String, to builder: inout ServiceBuilder,
        _ answer: @escaping @Sendable (ServiceRequest) async throws -> any Encodable & Sendable
    ) {
        builder.add(method, PathTemplate(Self.path + suffix), .info) { request in
            if let refusal = callers.refusal(of: request, realm: "queue") { return refusal }
            do {
                let body = try JSONCodec(dates: .rfc3339).encode(try await answer(request))
                return HTTPResponse(
                    status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
                    body: HTTPBody(ByteBuffer(bytes: body)))
            } catch let error as MessagingError {
                throw Problem(error) ?? error
            }
        }
    }

    private func list() async throws -> QueueReport {
        var lines: [QueueReport.Line] = []
        for (name, queue) in queues { lines += try await QueueReport.lines(of: queue, named: name) }
        return QueueReport(channels: lines)
    }

    private func dead(_ request: ServiceRequest) async throws -> any Encodable & Sendable {
        let query = Query(request.http.head.path + "?" + (request.http.head.query ?? ""))
        try query.allow(["queue", "channel", "after", "limit", "position"])
        let (name, queue) = try queue(query["queue"])
        let channel = query["channel"].map(Channel.init(_:))
        if let text = query["position"] {
            guard let channel, let position = QueuePosition(text) else {
                throw Problem(.badRequest, "position needs a channel, and is such as 17 or 1526919030474-55.")
            }
            let before = QueuePosition(position.minor > 0 ? position.major : position.major &- 1, position.minor &- 1)
            let found = try await queue.deadMessages(in: channel, after: before, limit: 1)
            guard let message = found.first, message.position == position else {
                throw Problem(.notFound, "No message is dead at \(position) in \(channel).")
            }
            return DeadMessageReport(message, in: name, isWhole: true)
        }
        let limit = query["limit"].map { Int($0) ?? 0 } ?? 50
        guard (1...200).contains(limit) else { throw Problem(.badRequest, "limit must be from 1 to 200.") }
        guard let channel else {
            guard query["after"] == nil else { throw Problem(.badRequest, "after needs a channel.") }
            let messages = try await queue.deadMessages(limit: limit)
            return DeadMessagePage(
                messages: messages.map { DeadMessageReport($0, in: name, isWhole: false) }, next: nil)
        }
        guard let after = QueuePosition(query["after"] ?? "0") else {
            throw Problem(.badRequest, "after is no position; expected one such as 17 or 1526919030474-55.")
        }
        let messages = try await queue.deadMessages(in: channel, after: after, limit: limit)
        return DeadMessagePage(
            messages: messages.map { DeadMessageReport($0, in: name, isWhole: false) },
            next: messages.count == limit ? messages.last?.position.description : nil)
    }

    private func perform(_ deed: DeadSelection.Deed, _ request: ServiceRequest) async throws -> DeadCount {
        let body = try await request.http.body.collect(upTo: 64 << 10)
        let selection: DeadSelection
        do {
            selection = try JSONCodec(dates: .rfc3339).decode(from: Array(body.readableBytesView))
        } catch {
            throw Problem(.malformedJSON, "\(error)")
        }
        let count = try await selection.perform(deed, in: try queue(selection.queue).queue)
        logger.notice(
            "dead messages: \(deed.rawValue)",
            metadata: [
                "count": "\(count)", "channel": "\(selection.channel ?? "all")", "type": "\(selection.type ?? "all")",
            ])
        return DeadCount(count: count)
    }

    private func queue(_ name: String?) throws(Problem) -> (name: String, queue: MessageQueue) {
        guard let found = queues.first(where: { name == nil || $0.name == name }) else {
            let known = queues.map(\.name).joined(separator: ", ")
            throw Problem(.notFound, "No queue \(name?.prefix(40) ?? ""); there is \(known).")
        }
        return found
    }

    /// The parameters behind the question mark.
    private struct Query {
        private let items: [String: String]

        init(_ text: some StringProtocol) {
            let items = URLComponents(string: String(text))?.queryItems ?? []
            self.items = Dictionary(items.map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { first, _ in first })
        }

        subscript(name: String) -> String? {
            items[name].flatMap { $0.isEmpty ? nil : $0 }
        }

        func allow(_ names: Set<String>) throws(Problem) {
            guard let unknown = items.keys.sorted().first(where: { !names.contains($0) }) else { return }
            throw Problem(
                .badRequest,
                "No parameter \(unknown.prefix(40)); there is \(names.sorted().joined(separator: ", ")).")
        }
    }
}
