// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusPostgres
    import ApusTesting
    import Foundation

    /// An authority and the certificates of a server, made with openssl in a folder that PostgreSQL can read.
    final class Certificates {
        /// What couldn't be made.
        struct Failure: Error {
            let command: String
        }

        let folder: String
        /// The authority that the server's certificate comes from, and another one.
        var authority: String { folder + "/authority.pem" }
        var otherAuthority: String { folder + "/other.pem" }
        /// What makes a server use them.
        var settings: [String] {
            ["ssl=on", "ssl_cert_file=\(folder)/server.pem", "ssl_key_file=\(folder)/server.key"]
        }

        init() throws {
            folder = "/tmp/apus-tls-\(UUID().uuidString.prefix(8).lowercased())"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for name in ["authority", "other"] {
                try run(
                    """
                    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                        -keyout \(name).key -out \(name).pem -subj /CN=\(name)
                    """)
            }
            try run(
                """
                openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr \
                    -subj /CN=localhost
                chmod 600 server.key
                if [ "$(id -u)" = 0 ]; then chown postgres server.key; fi
                echo subjectAltName=DNS:localhost >names
                """)
            try issue(days: 2)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: folder)
        }

        /// Gives the server a certificate for `localhost`.
        ///
        /// - Parameter days: how long it is valid; negative: until so long ago.
        func issue(days: Int) throws {
            try run(
                """
                openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
                    -days \(days) -extfile names -out new.pem
                mv new.pem server.pem
                """)
        }

        private func run(_ script: String) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-ec", script]
            process.currentDirectoryURL = URL(fileURLWithPath: folder)
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw Failure(command: script) }
        }
    }
#endif
