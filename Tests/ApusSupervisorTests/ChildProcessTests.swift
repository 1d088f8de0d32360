// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation
import Testing

@testable import ApusSupervisor

@Suite("ChildProcess")
struct ChildProcessTests {
    private func run(_ body: String, environment: [String: String] = ["PATH": "/usr/bin:/bin"]) async throws -> (
        exit: ChildExit, lines: [String]
    ) {
        try await Workshop.with { workshop in
            let lines = Notes<String>()
            let child = ChildProcess(
                ChildSpecification(path: try workshop.script("child", body), arguments: [], environment: environment))
            let exit = try await child.run(started: { _ in }, line: { lines.add($0) })
            return (exit, lines.all)
        }
    }

    @Test("tells status and every line of both streams, the last without its break too")
    func output() async throws {
        let (exit, lines) = try await run("echo out; echo err >&2; printf end; exit 3")
        #expect(exit == .status(3))
        #expect(lines == ["out", "err", "end"])
    }

    @Test("tells the signal that it died of")
    func signal() async throws {
        #expect(try await run("kill -9 $$").exit == .signal(9))
    }

    @Test("has the environment that it was given and nothing else")
    func environment() async throws {
        let (_, lines) = try await run("/usr/bin/env", environment: ["A": "1", "B": "x=y z"])
        #expect(Set(lines).isSuperset(of: ["A=1", "B=x=y z"]))
        #expect(!lines.contains { $0.hasPrefix("HOME=") })
    }

    @Test("leads a process group of its own")
    func group() async throws {
        let (_, lines) = try await run("echo $$; ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat")
        #expect(lines.count == 2 && lines[0] == lines[1].trimmingCharacters(in: .whitespaces))
    }

    @Test("a program that isn't there is an error that names it")
    func missing() async {
        let child = ChildProcess(ChildSpecification(path: "/nowhere/x", arguments: [], environment: [:]))
        await #expect { try await child.run(started: { _ in }, line: { _ in }) } throws: {
            guard let error = $0 as? SupervisorError else { return false }
            return error.code == .spawn && error.message.contains("/nowhere/x")
        }
    }

    @Test("ends when it is asked to, with what it started itself")
    func terminate() async throws {
        try await Workshop.with { workshop in
            let path = try workshop.script(
                "child", "trap 'echo bye; exit 0' TERM\nsleep 1000 &\necho $!\nwait $!\nwait\n")
            let child = ChildProcess(
                ChildSpecification(path: path, arguments: [], environment: ["PATH": "/usr/bin:/bin"]))
            let lines = Notes<String>()
            async let exit = child.run(started: { _ in }, line: { lines.add($0) })
            try await eventually("started") { !lines.all.isEmpty }
            let grandchild = try #require(Int32(lines.all[0]))
            child.terminate()
            #expect(try await exit == .status(0))
            #expect(lines.all.last == "bye")
            try await eventually("the grandchild is gone") { !isAlive(grandchild) }
        }
    }

    @Test("a kill before the start is not forgotten")
    func killEarly() async throws {
        try await Workshop.with { workshop in
            let path = try workshop.script("child", "sleep 1000\n")
            let child = ChildProcess(
                ChildSpecification(path: path, arguments: [], environment: ["PATH": "/usr/bin:/bin"]))
            child.kill()
            #expect(try await child.run(started: { _ in }, line: { _ in }) == .signal(9))
        }
    }

    @Test("one that closes its output is still waited for, and keeps its standard input")
    func closedOutput() async throws {
        try await Workshop.with { workshop in
            let path = try workshop.script(
                "child", "echo up; exec >&- 2>&-\nread line\necho ended > \(workshop.folder)/ended\n")
            let child = ChildProcess(
                ChildSpecification(path: path, arguments: [], environment: ["PATH": "/usr/bin:/bin"]))
            let pids = Notes<Int32>()
            let lines = Notes<String>()
            async let exit = child.run(started: { pids.add($0) }, line: { lines.add($0) })
            try await eventually("up") { lines.all == ["up"] }
            #expect(workshop.lines(of: "ended").isEmpty)
            child.kill()
            #expect(try await exit == .signal(9))
        }
    }

    @Test("what one writes is never too much for memory")
    func flood() async throws {
        let (exit, lines) = try await run("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end")
        #expect(exit == .status(0))
        #expect(lines.count == 2 && lines[0].utf8.count < 20_000 && lines[1] == "end")
    }
}
