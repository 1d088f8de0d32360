// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import Foundation

/// What the policies of resilience and balancing cost and how exact they are: `bench-resilience JOB SECONDS` measures one
/// of them for so long and prints each figure as a line `NAME VALUE`. Ends with a status when something that was
/// measured didn't do its job.
@main
struct Main {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count == 2, let job = arguments.first, let amount = arguments.last.flatMap({ Int($0) }),
            amount > 0
        else {
            complain("usage: bench-resilience JOB SECONDS, or bench-resilience call-STACK CALLS")
        }
        let seconds = Duration.seconds(amount)
        switch job {
        case "breaker": try BreakerJob().alone(seconds)
        case "breaker-failures": try BreakerJob(failures: 10).alone(seconds)
        case "breaker-two-threads": try BreakerJob().twoThreads(seconds)
        case "breaker-two-threads-failures": try BreakerJob(failures: 10).twoThreads(seconds)
        case "serialisation": try await SerialisationJob().run(seconds)
        case "gcra": try RateJob(keys: 1).run(seconds)
        case "gcra-million-keys": try RateJob(keys: 1_000_000).run(seconds)
        case "round-robin": try BalancingJob(.roundRobin, instances: 100).cost(seconds)
        case "p2c": try BalancingJob(.leastRequests, instances: 100).cost(seconds)
        case "maglev": try BalancingJob(.maglev, instances: 1_000).cost(seconds)
        case "round-robin-exactness": try BalancingJob(.roundRobin, instances: 100).exactness()
        case "weighted-round-robin-exactness": try BalancingJob(.weightedRoundRobin, instances: 100).exactness()
        case "maglev-removal": try BalancingJob(.maglev, instances: 100).disruption()
        case "ring-hash-removal": try BalancingJob(.ringHash, instances: 100).disruption()
        case "layers": try await LayersJob(.idle).run(seconds)
        case "layers-shipped": try await LayersJob(.shipped).run(seconds)
        case "call-none": try await LayersJob(.none).make(calls: amount)
        case "call-layers": try await LayersJob(.idle).make(calls: amount)
        case "call-layers-shipped": try await LayersJob(.shipped).make(calls: amount)
        case "call-allocating": try await LayersJob(.allocating).make(calls: amount)
        default: complain("bench-resilience: no job \(job)")
        }
    }

    /// Prints a figure as the harness reads it.
    static func report(_ name: String, _ value: Double) {
        print(name, (value * 1_000).rounded() / 1_000)
    }

    /// Ends the process: what it has measured, or would, says nothing.
    static func complain(_ text: String) -> Never {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
        exit(2)
    }
}
