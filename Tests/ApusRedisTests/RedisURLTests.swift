// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusRedis

@Suite("The address of a Redis server")
struct RedisURLTests {
    @Test("has a host, a port, a database, a user and a password")
    func whole() throws {
        let configuration = try RedisConfiguration(url: "redis://ada:s%40cret@cache.local:7000/3")
        #expect(configuration.endpoint == .tcp(host: "cache.local", port: 7_000))
        #expect(configuration.credentials == RedisCredentials(user: "ada", password: "s@cret"))
        #expect(configuration.database == 3)
        #expect(configuration.tls == nil)
    }

    @Test("has defaults")
    func defaults() throws {
        let configuration = try RedisConfiguration(url: "redis://localhost")
        #expect(configuration.endpoint == .tcp(host: "localhost", port: 6_379))
        #expect(configuration.credentials == nil)
        #expect(configuration.database == 0)
        #expect(try RedisConfiguration(url: "redis://[::1]:6380").endpoint == .tcp(host: "::1", port: 6_380))
        #expect(try RedisConfiguration(url: "redis://:p@localhost").credentials == RedisCredentials(password: "p"))
    }

    @Test("has TLS and sockets")
    func others() throws {
        let secure = try RedisConfiguration(url: "rediss://h/1?ca=/etc/ca.pem")
        #expect(secure.tls == RedisTLS(authoritiesFile: "/etc/ca.pem"))
        let unix = try RedisConfiguration(url: "redis+unix://:p@/run/redis.sock?db=2")
        #expect(unix.endpoint == .unix(path: "/run/redis.sock"))
        #expect(unix.database == 2)
        #expect(unix.credentials?.password == "p")
    }

    @Test(
        "is refused with a reason, which holds no secret",
        arguments: [
            "", "localhost:6379", "http://:hunter2@localhost", "memcached://localhost", "redis://", "redis://:hunter2@",
            "redis://h:99999", "redis://h:hunter2", "redis://h/x", "redis://h/70000", "redis://hunter2@h",
            "redis://u:%zzhunter2@h", "redis://h?hunter=1", "redis+unix://h/x", "redis+unix://", "redis://u:@h",
            "rediss://h?cert=/a.pem",
        ])
    func refused(url: String) {
        do {
            let configuration = try RedisConfiguration(url: url)
            Issue.record("\(configuration) was accepted")
        } catch {
            #expect(!error.problems.isEmpty)
            #expect(!"\(error)".contains("hunter2"))
        }
    }

    @Test("prints without its password, and so does its dump")
    func secret() throws {
        let configuration = try RedisConfiguration(url: "redis://ada:hunter2@localhost/1")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect("\(configuration)" == "redis://ada:***@localhost:6379/1")
        #expect(!dumped.contains("hunter2"))
    }
}
