// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension FaultInjector {
    /// Does to `work` what is armed for `call`: later by a latency (the deadline ends it), failed without being done
    /// (abort), or done and then lost (dropped connection). For work that is no endpoint, such as a statement. Costs one
    /// atomic read while nothing is armed.
    ///
    /// - Parameters:
    ///   - call: what faults may know of it; evaluated only if something is armed.
    ///   - context: whose deadline ends a latency. Default that of the request being handled.
    ///   - failure: the failure as those who asked for the work know it.
    @inlinable
    public func inject<Value, Failure: Error>(
        into call: @autoclosure () -> FaultCall, in context: CallContext? = nil,
        failing failure: (CallFailure) -> Failure, _ work: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard mayInject else { return try await work() }
        let faults = draw(call())
        do throws(CallFailure) {
            for case .latency(let latency) in faults {
                try await wait(latency, in: context ?? CallContext.current ?? CallContext())
            }
            for case .abort(let abort) in faults { throw abort.failure }
        } catch {
            throw failure(error)
        }
        let value = try await work()
        for case .droppedConnection in faults { throw failure(Fault.lost) }
        return value
    }
}
