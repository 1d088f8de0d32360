// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
public import ApusMessaging
import ApusResilience
public import ApusRuntime
import Synchronization

/// Brings messages to other services without a broker: each as a CloudEvents document, posted to `/events` of an instance
/// that the registry knows.
///
/// Any success means that the service has stored it. What the service calls a bad event will never be taken; an answer
/// with `Retry-After` is obeyed; everything else is tried again.
///
/// Source: CloudEvents 1.0.2, HTTP protocol binding, structured mode.
public final class HTTPRelayTransport: RelayTransport {
    private let network: ServiceNetwork
    private let token: Secret?
    private let clients = Mutex<[String: ServiceClient]>([:])

    /// - Parameters:
    ///   - network: where the services are found.
    ///   - token: what they ask of senders, `SERVICE_TOKEN`; nil where they take events of their own machine only.
    public init(network: ServiceNetwork, token: Secret?) {
        self.network = network
        self.token = token
    }

    public func send(_ message: Message, to service: String) async throws {
        try await network.faults.inject(
            into: FaultCall(target: FaultTarget.broker, operation: message.type), failing: { $0 as any Error }
        ) {
            try await post(message, to: service)
        }
    }

    private func post(_ message: Message, to service: String) async throws {
        let client = try clients.withLock { clients in
            if let known = clients[service] { return known }
            let client = try network.client(named: service)
            clients[service] = client
            return client
        }
        let head = try await client.post(
            message.cloudEvent, contentType: Message.cloudEventType, to: EventIntake.path, bearing: token)
        switch head.status.code {
        case 200..<300: return
        // The service isn't as far as ours, or not ready for it: that will pass.
        case 401, 403, 404, 408, 409, 425, 429: break
        case 400..<500: throw MessageRejected("\(service) answered \(head.status)")
        default: break
        }
        let text = "\(service) answered \(head.status)"
        if let seconds = head.headers[.retryAfter].flatMap(Int.init), (1...3600).contains(seconds) {
            throw RetryLater(after: .seconds(seconds), text)
        }
        throw CallFailure(
            .unexpectedStatus, text, stage: .response, service: service, status: head.status.code,
            mayHaveReachedPeer: true)
    }
}
