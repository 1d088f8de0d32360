// SPDX-License-Identifier: Apache-2.0

extension ManualClock {
    /// Cancels `task` and moves the clock on, `step` at a time, until it has ended, with whatever result.
    ///
    /// - Throws: that it didn't end, as ``eventually(_:within:_:)``.
    public func end(_ task: Task<Void, any Error>, advancing step: Duration) async throws {
        task.cancel()
        let ended = Tally()
        let watch = Task {
            _ = await task.result
            ended.increment()
        }
        try await eventually("the end of a cancelled task") {
            advance(by: step)
            return ended.value == 1
        }
        await watch.value
    }
}
