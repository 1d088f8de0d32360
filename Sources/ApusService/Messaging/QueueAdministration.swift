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
/// - `GET /queue/subscribers`: who wants what of the broker (``ApusMessaging/SubscriptionReport``);
///   `DELETE /queue/subscribers?service=`: forgets a service that is gone for good.
///
/// They ask for the services' token (``TrustedCaller``): payloads are shown. No gateway should lead to them.
struct QueueAdministration: Sendable {
    static let path = "/queue"

    let queues: [AdministeredQueue]
    /// The broker's; nil without one.
    let directory: (any SubscriptionDirectory)?
    let callers: TrustedCaller
    let logger: Logger

    func add(to builder: inout ServiceBuilder) {
        add(.get, "", to: &builder) { _ in try await list() }
        add(.get, "/dead", to: &builder) { try await dead($0) }
        add(.get, "/subscribers", to: &builder) { _ in try await subscribers() }
        add(.delete, "/subscribers", to: &builder) { try await unsubscribe($0) }
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
        for queue in queues { lines += try await queue.report() }
        return QueueReport(channels: lines)
    }

    private func dead(_ request: ServiceRequest) async throws -> any Encodable & Sendable {
        let query = Query(request.http.head.path + "?" + (request.http.head.query ?? ""))
        try query.allow(["queue", "channel", "after", "limit", "position"])
        let limit = query["limit"].map { Int($0) ?? 0 } ?? 50
        guard (1...200).contains(limit) else { throw Problem(.badRequest, "limit must be from 1 to 200.") }
        guard let channel = query["channel"].map(Channel.init(_:)) else {
            guard query["position"] == nil, query["after"] == nil else {
                throw Problem(.badRequest, "position and after need a channel.")
            }
            return DeadMessagePage(messages: try await deadMessages(in: try named(query["queue"]), limit), next: nil)
        }
        let place = try place(of: channel, query["queue"])
        if let text = query["position"] { return try await deadMessage(at: text, channel, in: place) }
        guard let after = QueuePosition(query["after"] ?? "0") else {
            throw Problem(.badRequest, "after is no position; expected one such as 17 or 1526919030474-55.")
        }
        let messages = try await place.queue.deadMessages(in: channel, after: after, limit: limit)
        return DeadMessagePage(
            messages: messages.map { DeadMessageReport($0, in: place.name, isWhole: false) },
            next: messages.count == limit ? messages.last?.position.description : nil)
    }

    private func deadMessage(
        at text: String, _ channel: ApusMessaging.Channel, in place: AdministeredQueue
    ) async throws -> DeadMessageReport {
        guard let position = QueuePosition(text) else {
            throw Problem(.badRequest, "position is such as 17 or 1526919030474-55.")
        }
        let before = QueuePosition(position.minor > 0 ? position.major : position.major &- 1, position.minor &- 1)
        let found = try await place.queue.deadMessages(in: channel, after: before, limit: 1)
        guard let message = found.first, message.position == position else {
            throw Problem(.notFound, "No message is dead at \(position) in \(channel).")
        }
        return DeadMessageReport(message, in: place.name, isWhole: true)
    }

    private func deadMessages(in places: [AdministeredQueue], _ limit: Int) async throws -> [DeadMessageReport] {
        var reports: [DeadMessageReport] = []
        for place in places {
            for channel in try await place.channelsWithDead() where reports.count < limit {
                let messages = try await place.queue.deadMessages(in: channel, limit: limit - reports.count)
                reports += messages.map { DeadMessageReport($0, in: place.name, isWhole: false) }
            }
        }
        return reports
    }

    private func perform(_ deed: DeadSelection.Deed, _ request: ServiceRequest) async throws -> DeadCount {
        let body = try await request.http.body.collect(upTo: 64 << 10)
        let selection: DeadSelection
        do {
            selection = try JSONCodec(dates: .rfc3339).decode(from: Array(body.readableBytesView))
        } catch {
            throw Problem(.malformedJSON, "\(error)")
        }
        try selection.validate()
        var count = 0
        if let channel = selection.channel.map(Channel.init(_:)) {
            let place = try place(of: channel, selection.queue)
            count = try await selection.perform(deed, in: channel, of: place.queue)
        } else {
            for place in try named(selection.queue) {
                for channel in try await place.channelsWithDead() {
                    count += try await selection.perform(deed, in: channel, of: place.queue)
                }
            }
        }
        logger.notice(
            "dead messages: \(deed.rawValue)",
            metadata: [
                "count": "\(count)", "channel": "\(selection.channel ?? "all")", "type": "\(selection.type ?? "all")",
            ])
        return DeadCount(count: count)
    }

    private func subscribers() async throws -> SubscriptionReport {
        guard let directory else { throw Self.withoutBroker }
        return SubscriptionReport(try await directory.subscriptions())
    }

    private func unsubscribe(_ request: ServiceRequest) async throws -> SubscriptionReport {
        guard let directory else { throw Self.withoutBroker }
        let query = Query(request.http.head.path + "?" + (request.http.head.query ?? ""))
        try query.allow(["service"])
        guard let service = query["service"] else { throw Problem(.badRequest, "expected ?service=NAME.") }
        guard try await directory.subscriptions().contains(where: { $0.service == service }) else {
            throw Problem(.notFound, "\(service.prefix(40)) wants nothing of the broker.")
        }
        try await directory.register(Subscription(service: service, types: []))
        logger.notice("unsubscribed", metadata: ["subscriber": "\(service)"])
        return try await subscribers()
    }

    private static let withoutBroker = Problem(.notFound, "There is no broker here that knows who wants what.")

    /// The queues that are meant: all of them where none is named.
    private func named(_ name: String?) throws(Problem) -> [AdministeredQueue] {
        let found = queues.filter { name == nil || $0.name == name }
        guard !found.isEmpty else {
            let known = queues.map(\.name).joined(separator: ", ")
            throw Problem(.notFound, "No queue \(name?.prefix(40) ?? ""); there is \(known).")
        }
        return found
    }

    /// The queue that holds `channel`: the one that is named, or else the broker for what is the service's there.
    private func place(
        of channel: ApusMessaging.Channel, _ name: String?
    ) throws(Problem) -> AdministeredQueue {
        let found = try named(name)
        return found.last { name != nil || $0.holds(channel) } ?? found[0]
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
