// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP
import ApusRuntime

/// Finds out before anything starts whether an address can be listened on.
public enum AddressCheck {
    private struct Nobody: HTTPResponder {
        func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(status: .serviceUnavailable) }
    }

    /// Listens on `address` for a moment.
    /// - Throws: ``SupervisorError/Code/addressInUse`` with the process that has it, if the system tells.
    public static func check(_ address: BindAddress) async throws(SupervisorError) {
        let loops = EventLoops(count: 1)
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: address), loops: loops, responder: Nobody())
        var problem: SupervisorError?
        do throws(ServerStartError) {
            _ = try await server.start()
            await server.drain(within: .zero)
        } catch {
            problem = SupervisorError(.addressInUse, StartError(listening: error).description)
        }
        do {
            try await loops.shutdown()
        } catch {
            // Threads that don't end harm nobody.
        }
        if let problem { throw problem }
    }
}
