// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What happened between two moments.
struct Window {
    let operations: Int
    let microseconds: Int
    let cpuMicroseconds: Int

    init(from start: Moment, to end: Moment) {
        operations = end.operations - start.operations
        microseconds = Int(start.time.duration(to: end.time).nanoseconds / 1000)
        cpuMicroseconds = end.cpuMicroseconds - start.cpuMicroseconds
    }

    /// As the harness reads it.
    var json: String {
        #"{"operations":\#(operations),"microseconds":\#(microseconds),"cpu_microseconds":\#(cpuMicroseconds)}"#
    }
}
