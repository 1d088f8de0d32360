// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

@testable import ApusTelemetry

@Suite("Metrics of the process")
struct ProcessMetricsTests {
    @Test("The process's name may hold anything")
    func stat() throws {
        let fields = (4...52).map { "\($0)" }.joined(separator: " ")
        let status = try #require(ProcessStatus(stat: "17 (a) R 9 (b) ) S \(fields)\n"))
        #expect(status.cpuTicks == 14 + 15)
        #expect(status.threads == 20)
        #expect(status.startTicks == 22)
        #expect(status.virtualBytes == 23)
        #expect(status.residentPages == 24)
    }

    @Test("What isn't like that is refused", arguments: ["", "17 name S 1 2 3", "17 (a) S 1 2 3", "17 (a)"])
    func invalidStat(text: String) {
        #expect(ProcessStatus(stat: text) == nil)
    }

    @Test("The boot time is found among the lines")
    func bootTime() {
        #expect(ProcessStatus.bootTime(stat: "cpu 1 2\nbtime 1700000000\nprocesses 4\n") == 1_700_000_000)
        #expect(ProcessStatus.bootTime(stat: "cpu 1 2\n") == nil)
    }

    @Test("A file that isn't there has no text")
    func noFile() {
        #expect(ProcessStatus.file("/proc/self/nothing") == nil)
    }

    @Test("A scrape shows this very process")
    func scrape() throws {
        let registry = MetricsRegistry()
        ProcessMetrics.register(in: registry)
        ProcessMetrics.register(in: registry)
        let values = registry.snapshot.reduce(into: [String: Double]()) { values, family in
            if case .number(let value) = family.samples[0].value { values[family.name] = value }
        }
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_048_576)
        #expect(
            try #require(values["process_virtual_memory_bytes"]) > values["process_resident_memory_bytes"] ?? .infinity)
        #expect(try #require(values["process_cpu_seconds"]) >= 0)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_threads"]) >= 1)
        let start = try #require(values["process_start_time_seconds"])
        let age = Date().timeIntervalSince1970 - start
        #expect(age > -2 && age < 3600)
    }
}
