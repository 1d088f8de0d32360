// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusCore
    import ApusTesting
    import Testing

    @testable import ApusNATS

    @Suite("The NATS client when things go wrong")
    struct FailureTests {
        @Test("nothing listens at first: refused at once with the reason, and well when the server comes")
        func downAtStart() async throws {
            try await withServer(isStarted: false) { server in
                let nats = try server.client()
                let first = try await failure { () throws(NATSError) in try await nats.request("a") }
                #expect(first.code == .connectFailed && !first.mayHaveRun)
                #expect(first.message.contains("127.0.0.1:\(server.port)"))
                #expect(!nats.health.isOK)
                let began = Instant.now
                let second = try await failure { () throws(NATSError) in try await nats.request("a") }
                #expect(second.code == .connectFailed && second.retryAfter != nil)
                #expect(began.duration(to: .now) < .seconds(1))
                try server.launch()
                try await eventually("connected") { nats.statistics.isConnected }
                try await nats.makeJobs()
                #expect(nats.health.isOK)
                nats.shutdown()
                let after = try await failure { () throws(NATSError) in try await nats.request("a") }
                #expect(after.code == .closed)
            }
        }

        @Test("killed and started again: what waited may have run, nothing stored is lost, all works again")
        func killed() async throws {
            try await withNATS { server, nats in
                try await nats.makeJobs()
                try await nats.append([1], to: "jobs.a")
                try await server.pause()
                let waiting = Task {
                    try await failure { () throws(NATSError) in try await nats.append([2], to: "jobs.a") }
                }
                try await eventually("a request on its way") { nats.statistics.pending == 1 }
                try await server.crash()
                let lost = try await waiting.value
                #expect(lost.code == .connectionLost && lost.mayHaveRun)
                try server.launch()
                try await eventually("works again") {
                    do throws(NATSError) {
                        return try await nats.streamState("JOBS").messages == 1
                    } catch {
                        return false
                    }
                }
                #expect(nats.health.isOK && nats.statistics.lostConnections >= 1)
                #expect(try await nats.pull(5, from: "worker", of: "JOBS").map(\.message.data) == [[1]])
            }
        }

        @Test("a stopped server: the deadline holds, and late answers disturb nobody")
        func stopped() async throws {
            try await withNATS { server, nats in
                try await nats.makeJobs()
                try await server.pause()
                let error = try await failure { () throws(NATSError) in
                    try await nats.append([1], to: "jobs.a", deadline: .now.advanced(by: .milliseconds(50)))
                }
                #expect(error.code == .timeout && error.mayHaveRun)
                server.resume()
                #expect(try await nats.append([2], to: "jobs.a").sequence == 2)
                #expect(nats.statistics.dials == 1 && nats.statistics.timeouts == 1)
            }
        }

        @Test("a server that says nothing more is given up")
        func unresponsive() async throws {
            try await withNATS(configure: { $0.heartbeat = .milliseconds(300) }) { server, nats in
                try await nats.makeJobs()
                try await server.pause()
                try await eventually("given up") { nats.statistics.lostConnections == 1 }
                server.resume()
                try await eventually("connected again") { nats.statistics.isConnected }
            }
        }

        @Test("a message for someone who has left is given back at once")
        func late() async throws {
            try await withNATS { server, nats in
                try await nats.makeJobs()
                try await nats.append([1], to: "jobs.a")
                try await server.pause()
                let error = try await failure { () throws(NATSError) in
                    try await nats.pull(
                        1, from: "worker", of: "JOBS", deadline: .now.advanced(by: .milliseconds(50)))
                }
                #expect(error.code == .timeout)
                server.resume()
                let began = Instant.now
                let message = try await nats.next(from: "worker", of: "JOBS", waiting: .seconds(20))
                #expect(message?.message.data == [1])
                #expect(began.duration(to: .now) < .seconds(10))
            }
        }

        @Test("a wrong password, an unknown user, a missing password and a wrong token are refused, without the secret")
        func passwords() async throws {
            try await withServer(["--user", "ada", "--pass", "lovelace"]) { server in
                for credentials in [
                    NATSCredentials(user: "ada", password: "hunter2"),
                    NATSCredentials(user: "eve", password: "hunter2"),
                    NATSCredentials(token: "hunter2"), nil,
                ] {
                    let nats = try NATSClient(server.configuration(credentials))
                    for _ in 0..<2 {
                        let error = try await failure { () throws(NATSError) in try await nats.request("a") }
                        #expect(error.code == .authenticationFailed && !error.mayHaveRun)
                        #expect(!"\(error)".contains("hunter2"))
                    }
                    #expect(!nats.health.isOK && !"\(nats.health)".contains("hunter2"))
                    nats.shutdown()
                }
                let nats = try NATSClient(server.configuration(NATSCredentials(user: "ada", password: "lovelace")))
                try await nats.makeJobs()
                nats.shutdown()
            }
        }

        @Test("a token is taken")
        func token() async throws {
            try await withServer(["--auth", "t0ken"]) { server in
                let nats = try NATSClient(server.configuration(NATSCredentials(token: "t0ken")))
                try await nats.makeJobs()
                nats.shutdown()
            }
        }

        @Test("a stream that was removed: each use says so, and all is well when it is there again")
        func removed() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs()
                try await nats.append([1], to: "jobs.a")
                let message = try #require(try await nats.pull(1, from: "worker", of: "JOBS").first)
                try await nats.removeStream("JOBS")
                let errors = [
                    try await failure { () throws(NATSError) in try await nats.append([1], to: "jobs.a") },
                    try await failure { () throws(NATSError) in try await nats.acknowledge(message) },
                    try await failure { () throws(NATSError) in
                        try await nats.pull(
                            1, from: "worker", of: "JOBS", deadline: .now.advanced(by: .milliseconds(100)))
                    },
                    try await failure { () throws(NATSError) in try await nats.streamState("JOBS") },
                ]
                #expect(errors.map(\.code) == [.noResponders, .noResponders, .streamNotFound, .streamNotFound])
                #expect(errors.allSatisfy { !$0.mayHaveRun })
                try await nats.makeJobs()
                try await nats.append([1], to: "jobs.a")
            }
        }

        @Test("who waits when the stream is removed is told")
        func removedWhileWaiting() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs()
                let waiting = Task {
                    try await failure { () throws(NATSError) in
                        try await nats.next(from: "worker", of: "JOBS", waiting: .seconds(30))
                    }
                }
                try await eventually("a pull waits") {
                    try await nats.consumerState("worker", of: "JOBS").pulls == 1
                }
                try await nats.removeStream("JOBS")
                #expect(try await waiting.value.code == .consumerNotFound)
            }
        }

        @Test("a message that is too large is refused, and the connection stays")
        func tooLarge() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs()
                let large = [UInt8](repeating: 1, count: 2 << 20)
                for headers in [[], [NATSHeader("a", "b")]] {
                    let error = try await failure { () throws(NATSError) in
                        try await nats.append(large, to: "jobs.a", headers: headers)
                    }
                    #expect(error.code == .tooLarge && !error.mayHaveRun)
                }
                try await nats.append([1], to: "jobs.a")
                #expect(nats.statistics.dials == 1)
            }
        }

        @Test("too many requests are refused, and taken again when there is room")
        func overloaded() async throws {
            try await withNATS(configure: { $0.maximumPending = 10 }) { server, nats in
                try await nats.makeJobs()
                try await server.pause()
                let tasks = (0..<10).map { _ in Task { try await nats.append([1], to: "jobs.a") } }
                try await eventually("all on their way") { nats.statistics.pending == 10 }
                let error = try await failure { () throws(NATSError) in try await nats.append([1], to: "jobs.a") }
                #expect(error.code == .overloaded && error.retryAfter != nil && !error.mayHaveRun)
                server.resume()
                for task in tasks { _ = try await task.value }
                try await nats.append([1], to: "jobs.a")
                #expect(nats.statistics.pending == 0 && nats.statistics.pendingBytes == 0)
            }
        }

        @Test("a subject or a header that could smuggle a command is refused")
        func smuggling() async throws {
            let nats = try NATSClient(NATSConfiguration(url: "nats://localhost"))
            for (subject, header) in [
                ("a\r\nPUB b 0\r\n\r\n", NATSHeader("x", "y")), ("a b", NATSHeader("x", "y")),
                ("a", NATSHeader("x", "y\r\nz: 1")), ("a", NATSHeader("x:", "y")), ("a", NATSHeader("", "y")),
            ] {
                let error = try await failure { () throws(NATSError) in
                    try await nats.request(subject, headers: [header])
                }
                #expect(error.code == .invalid)
            }
            nats.shutdown()
        }

        @Test("a cancelled caller gets an answer at once")
        func cancelled() async throws {
            try await withNATS { server, nats in
                try await nats.makeJobs()
                try await server.pause()
                let task = Task {
                    try await failure { () throws(NATSError) in try await nats.append([1], to: "jobs.a") }
                }
                try await eventually("on its way") { nats.statistics.pending == 1 }
                task.cancel()
                #expect(try await task.value.code == .cancelled)
                #expect(nats.statistics.pending == 0)
                server.resume()
            }
        }
    }
#endif
