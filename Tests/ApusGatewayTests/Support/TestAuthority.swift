// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// An authority made for one test, and the certificates that it signs, in a folder of their own.
struct TestAuthority {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let folder: String
    /// The authority's certificate.
    let certificate: String
    private let key: String

    /// Runs `body` with two authorities that don't know of each other, and removes their files again.
    static func withTwo(_ body: (TestAuthority, TestAuthority) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "apus-\(UUID().uuidString)").path
        let result: Result<Void, any Error>
        do {
            let first = try await TestAuthority(in: folder + "/first")
            let second = try await TestAuthority(in: folder + "/second")
            result = .success(try await body(first, second))
        } catch {
            result = .failure(error)
        }
        try FileManager.default.removeItem(atPath: folder)
        try result.get()
    }

    private init(in folder: String) async throws {
        self.folder = folder
        certificate = folder + "/ca.pem"
        key = folder + "/ca.key"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await Self.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=Authority of a test", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
            "keyUsage=critical,keyCertSign,cRLSign", "-keyout", key, "-out", certificate)
    }

    /// Signs a server's certificate for names such as `DNS:localhost` or `IP:127.0.0.1`.
    func issue(_ names: String) async throws -> (certificate: String, key: String) {
        let base = folder + "/" + UUID().uuidString
        try await Self.openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server", "-keyout",
            base + ".key", "-out", base + ".csr")
        try Data("subjectAltName=\(names)\nextendedKeyUsage=serverAuth\n".utf8).write(to: URL(filePath: base + ".ext"))
        try await Self.openssl(
            "x509", "-req", "-in", base + ".csr", "-CA", certificate, "-CAkey", key, "-CAcreateserial", "-days", "2",
            "-extfile", base + ".ext", "-out", base + ".pem")
        return (base + ".pem", base + ".key")
    }

    private static func openssl(_ arguments: String...) async throws {
        guard
            let path = ["/usr/bin", "/usr/local/bin", "/bin"].map({ $0 + "/openssl" })
                .first(where: FileManager.default.isExecutableFile)
        else {
            throw Failure(description: "openssl isn't installed; scripts/test installs it (apt-get install openssl)")
        }
        try await blocking {
            let process = Process()
            process.executableURL = URL(filePath: path)
            process.arguments = arguments
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw Failure(description: "openssl \(arguments[0]): \(String(decoding: text, as: UTF8.self))")
            }
        }
    }
}
