// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusMessaging
import ApusRuntime
import Foundation
import NIOCore

/// The route on which a service takes the events that others relay to it.
///
/// `POST /events` with a CloudEvents document stores it in the queue and answers 204; the queue's worker handles it. The
/// same event again changes nothing. The route is for other services, and asks for their token (``TrustedCaller``): no
/// gateway should lead to it.
enum EventIntake {
    static let path = "/events"

    static func respond(
        to request: ServiceRequest, from senders: TrustedCaller, _ queue: MessageQueue
    ) async throws -> HTTPResponse {
        if let refusal = senders.refusal(of: request, realm: "events") { return refusal }
        let type = request.http.head.headers[.contentType].map { $0.prefix { $0 != ";" }.lowercased() }
        guard type == Message.cloudEventType else {
            throw Problem(.unsupportedMediaType, "An event must be \(Message.cloudEventType).")
        }
        let bytes = try await request.http.body.collect(upTo: queue.configuration.maximumBytes)
        do throws(MessagingError) {
            try await queue.receive(Message(cloudEvent: Array(bytes.readableBytesView), received: .now))
            return HTTPResponse(status: .noContent)
        } catch {
            throw Problem(error) ?? error
        }
    }
}
