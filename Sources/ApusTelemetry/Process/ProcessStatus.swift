// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What Linux says about this process, from `/proc`; nil where there is no such thing.
struct ProcessStatus: Sendable, Equatable {
    /// User and system time, in clock ticks.
    var cpuTicks: UInt64
    /// When the process started, in clock ticks since the machine did.
    var startTicks: UInt64
    var virtualBytes: UInt64
    var residentPages: UInt64
    var threads: UInt64

    /// Reads the text of `/proc/self/stat` (proc(5)). The name of the process stands in parentheses and may hold
    /// anything, parentheses too, so counting begins after the last one.
    init?(stat: String) {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split { $0 == " " || $0 == "\n" }
        // The first of these is field 3 of the manual.
        guard fields.count > 21, let user = UInt64(fields[11]), let system = UInt64(fields[12]),
            let threads = UInt64(fields[17]), let start = UInt64(fields[19]), let virtual = UInt64(fields[20]),
            let resident = UInt64(fields[21])
        else { return nil }
        cpuTicks = user + system
        startTicks = start
        virtualBytes = virtual
        residentPages = resident
        self.threads = threads
    }

    /// This process now.
    static var current: ProcessStatus? {
        file("/proc/self/stat").flatMap { ProcessStatus(stat: $0) }
    }

    /// When the machine started, in seconds since 1970, from the text of `/proc/stat`.
    static func bootTime(stat: String) -> Double? {
        for line in stat.split(separator: "\n") where line.hasPrefix("btime ") {
            return Double(line.dropFirst(6))
        }
        return nil
    }

    /// How many file descriptors are open, without the one that counting takes.
    static var openDescriptors: Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
        }
        return count - 1
    }

    /// How many file descriptors may be open; nil for no limit.
    static var descriptorLimit: Double? {
        var limit = rlimit()
        #if canImport(Glibc)
            let status = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let status = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        guard status == 0, limit.rlim_cur < rlim_t(Int64.max) else { return nil }
        return Double(limit.rlim_cur)
    }

    /// The text of a small file, at most 1 MiB of it; nil if it can't be read.
    static func file(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 20 {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
