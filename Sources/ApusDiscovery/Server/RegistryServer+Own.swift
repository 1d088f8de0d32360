// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusTelemetry

extension RegistryServer {
    /// What the registry answers about itself.
    func own(_ name: String, accept: String?) throws(DiscoveryError) -> HTTPResponse {
        switch name {
        case "livez": RegistryAnswer.text("ok\n")
        case "readyz", "health": try health()
        case "metrics": exposition(accept)
        default: throw DiscoveryError(.notFound, "/\(name) is nothing of the registry's")
        }
    }

    private func exposition(_ accept: String?) -> HTTPResponse {
        let format = PrometheusText.format(forAccept: accept)
        return HTTPResponse(
            status: .ok, headers: [.contentType: format.contentType],
            body: HTTPBody(PrometheusText.write(metrics, format)))
    }

    private func health() throws(DiscoveryError) -> HTTPResponse {
        let stores = registry.isStoring
        return try RegistryAnswer.json(
            RegistryWire.Health(
                status: stores ? "up" : "down", instances: registry.count, waiting: registry.waiting,
                storage: stores ? "up" : "the last write failed"),
            status: stores ? .ok : .serviceUnavailable)
    }
}
