// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusTelemetry
import NIOCore
import Synchronization

/// The admin endpoint: `/health`, `/livez`, `/readyz`, `/metrics`, `/routes`.
struct AdminHandler: HTTPHandler {
    let box: ModelBox
    let registry: MetricsRegistry
    let phase: PhaseBox

    func handle(_ head: RequestHead, on exchange: ServerExchange) {
        guard head.method == .get || head.method == .head else {
            return respond(405, "text/plain; charset=utf-8", "GET and HEAD only\n", exchange, [.allow: "GET, HEAD"])
        }
        let json = "application/json"
        switch head.path {
        case "/livez": respond(200, "text/plain; charset=utf-8", "ok\n", exchange)
        case "/readyz":
            let isReady = phase.phase == .serving
            respond(isReady ? 200 : 503, "text/plain; charset=utf-8", isReady ? "ok\n" : "not ready\n", exchange)
        case "/health":
            let document = HealthDocument(box.current, phase: phase.phase)
            respond(document.isHealthy ? 200 : 503, json, document.json, exchange)
        case "/routes": respond(200, json, RoutesDocument.json(box.current), exchange)
        case "/metrics":
            let format = PrometheusText.format(forAccept: head.headers[.accept])
            let text = PrometheusText.write(registry, format)
            var body = ByteBufferAllocator().buffer(capacity: text.count)
            body.writeBytes(text)
            send(200, format.contentType, body, exchange, [:])
        default: respond(404, "text/plain; charset=utf-8", "known are /health /livez /readyz /metrics /routes\n", exchange)
        }
    }

    private func respond(
        _ status: HTTPStatus, _ type: String, _ text: String, _ exchange: ServerExchange, _ extra: Headers = [:]
    ) {
        send(status, type, ByteBuffer(string: text), exchange, extra)
    }

    private func send(
        _ status: HTTPStatus, _ type: String, _ body: ByteBuffer, _ exchange: ServerExchange, _ extra: Headers
    ) {
        var headers = extra
        headers.append(.contentType, type)
        headers.append(.cacheControl, "no-store")
        exchange.respond(ResponseHead(status: status, headers: headers), body: body)
    }
}

/// How far the gateway is in its life.
final class PhaseBox: Sendable {
    enum Phase: UInt8, AtomicRepresentable, Sendable {
        case starting
        case serving
        case draining
    }

    private let value = Atomic<Phase>(.starting)

    var phase: Phase {
        get { value.load(ordering: .acquiring) }
        set { value.store(newValue, ordering: .releasing) }
    }
}
