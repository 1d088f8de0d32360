// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusHTTP
    import ApusTesting
    import Foundation
    import NIOCore

    /// The shop of `apus.secure.yaml`, with certificates and keys as `scripts/dev-certificates` makes them.
    struct SecuredShop: Sendable {
        let shop: ShopProcess
        private let folder: TemporaryFolder
        private let keys: String

        static func with(_ test: (SecuredShop) async throws -> Void) async throws {
            let folder = try TemporaryFolder()
            let keys = folder.path + "/.apus/dev"
            for file in ["apus.secure.yaml", "gateway.secure.yaml"] {
                try FileManager.default.copyItem(atPath: Programs.root + "/" + file, toPath: folder.path + "/" + file)
            }
            try await makeKeys(keys, folder)
            try await ShopProcess.with(
                manifest: folder.path + "/apus.secure.yaml", tls: ClientTLS(authoritiesFile: keys + "/ca.pem"),
                in: folder
            ) { shop in
                try await test(SecuredShop(shop: shop, folder: folder, keys: keys))
            }
        }

        private static func makeKeys(_ keys: String, _ folder: TemporaryFolder) async throws {
            let (status, output) = try await Programs.run(
                Programs.root + "/scripts/dev-certificates", [keys], in: folder)
            guard status == 0 else {
                throw ConformanceFailure("scripts/dev-certificates ended with \(status): \(output)")
            }
        }

        /// A token as `scripts/dev-token` makes it.
        ///
        /// - Parameter isForged: Whether it is signed with a key that the gateway doesn't know.
        func token(_ scopes: String..., subject: String = "tester", isForged: Bool = false) async throws -> String {
            var keys = keys
            if isForged {
                keys = folder.path + "/others"
                try await Self.makeKeys(keys, folder)
            }
            let (status, output) = try await Programs.run(
                Programs.root + "/scripts/dev-token", ["--folder", keys, "--subject", subject] + scopes, in: folder)
            guard status == 0 else { throw ConformanceFailure("scripts/dev-token ended with \(status): \(output)") }
            return output.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// Sends a request with a token, or with none.
        func send(
            _ method: HTTPMethod, _ target: String, token: String?, json: String? = nil
        ) async throws -> (response: HTTPResponse, text: String) {
            var headers = Headers()
            if let token { headers[.authorization] = "Bearer " + token }
            if json != nil { headers[.contentType] = "application/json" }
            let request = HTTPRequest(method, target, headers: headers, body: json.map { HTTPBody($0) } ?? .empty)
            let response = try await shop.http.send(request, to: shop.gateway)
            return (response, String(buffer: try await response.body.collect(upTo: 1 << 20)))
        }
    }
#endif
