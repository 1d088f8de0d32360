// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusNATS

#if NATS
    @Suite("The address of a NATS server")
    struct NATSURLTests {
        @Test("has a host, a port, a user and a password")
        func whole() throws {
            let configuration = try NATSConfiguration(url: "nats://ada:s%40c%3Aret@broker.local:7000")
            #expect(configuration.endpoints == [NATSEndpoint(host: "broker.local", port: 7_000)])
            #expect(configuration.credentials == NATSCredentials(user: "ada", password: "s@c:ret"))
            #expect(configuration.tls == nil)
        }

        @Test("has defaults, a token, several hosts and TLS")
        func others() throws {
            #expect(
                try NATSConfiguration(url: "nats://localhost").endpoints == [
                    NATSEndpoint(host: "localhost", port: 4_222)
                ])
            #expect(
                try NATSConfiguration(url: "nats://[::1]:6380/").endpoints == [NATSEndpoint(host: "::1", port: 6_380)])
            #expect(try NATSConfiguration(url: "nats://t0k@h").credentials == NATSCredentials(token: "t0k"))
            #expect(try NATSConfiguration(url: "nats://a,b:5000").endpoints.map(\.description) == ["a:4222", "b:5000"])
            let secure = try NATSConfiguration(url: "tls://h?ca=/etc/ca.pem")
            #expect(secure.tls == NATSTLS(authoritiesFile: "/etc/ca.pem"))
        }

        @Test("takes a secret that wasn't escaped up to the last at sign", arguments: ["p?a@ss/w", "a:b@c"])
        func unescaped(password: String) throws {
            let configuration = try NATSConfiguration(url: "nats://ada:\(password)@h")
            #expect(configuration.credentials == NATSCredentials(user: "ada", password: password))
            #expect(configuration.endpoints == [NATSEndpoint(host: "h")])
        }

        @Test(
            "is refused with a reason, which holds no secret",
            arguments: [
                "", "localhost:4222", "http://u:hunter2@localhost", "redis://localhost", "nats://", "nats://u:hunter2@",
                "nats://h:99999", "nats://h:hunter2", "nats://h/hunter2", "nats://u:%zzhunter2@h", "nats://h?hunter=1",
                "nats://u:@h", "nats://:hunter2@h", "nats://@h", "tls://h?cert=/a.pem", "nats://a,,b",
            ])
        func refused(url: String) {
            do {
                let configuration = try NATSConfiguration(url: url)
                Issue.record("\(configuration) was accepted")
            } catch {
                #expect(!error.problems.isEmpty)
                #expect(!"\(error)".contains("hunter2"))
            }
        }

        @Test(
            "prints without its secret, and so does its dump", arguments: ["nats://ada:hunter2@h", "tls://hunter2@h"])
        func secret(url: String) throws {
            let configuration = try NATSConfiguration(url: url)
            var dumped = ""
            dump(configuration, to: &dumped)
            #expect("\(configuration)".hasSuffix("***@h:4222"))
            #expect(!"\(configuration)".contains("hunter2") && !dumped.contains("hunter2"))
        }
    }
#endif
