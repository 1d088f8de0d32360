// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The metrics that every Prometheus client library has of its process, read from `/proc` when they are scraped.
///
/// `process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_virtual_memory_bytes`, `process_open_fds`,
/// `process_max_fds`, `process_threads`, `process_start_time_seconds`. Where there is no `/proc`, they are left out.
public enum ProcessMetrics {
    /// Adds them to `registry`; a second time changes nothing.
    public static func register(in registry: MetricsRegistry) {
        let ticks = Double(sysconf(CInt(_SC_CLK_TCK)))
        let page = Double(sysconf(CInt(_SC_PAGESIZE)))
        let start = startTime(ticks: ticks)
        registry.counter("process_cpu_seconds_total", "User and system CPU time spent, in seconds.") {
            ProcessStatus.current.map { Double($0.cpuTicks) / ticks }
        }
        registry.gauge("process_resident_memory_bytes", "Resident memory, in bytes.") {
            ProcessStatus.current.map { Double($0.residentPages) * page }
        }
        registry.gauge("process_virtual_memory_bytes", "Virtual memory, in bytes.") {
            ProcessStatus.current.map { Double($0.virtualBytes) }
        }
        registry.gauge("process_threads", "Threads of the process.") {
            ProcessStatus.current.map { Double($0.threads) }
        }
        registry.gauge("process_open_fds", "Open file descriptors.") {
            ProcessStatus.openDescriptors.map(Double.init)
        }
        registry.gauge("process_max_fds", "The most file descriptors that may be open.") {
            ProcessStatus.descriptorLimit
        }
        registry.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.") { start }
    }

    private static func startTime(ticks: Double) -> Double? {
        guard let boot = ProcessStatus.file("/proc/stat").flatMap(ProcessStatus.bootTime),
            let status = ProcessStatus.current
        else { return nil }
        return boot + Double(status.startTicks) / ticks
    }
}
