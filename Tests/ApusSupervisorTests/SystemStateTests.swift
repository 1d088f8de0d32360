// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusSupervisor

@Suite("SystemState")
struct SystemStateTests {
    private let url = "http://127.0.0.1:8080"
    private let error = SupervisorError(.childConfiguration, "users ended")

    private func running() -> SystemState {
        var state = SystemState(services: ["users"], hasRegistry: true, hasGateway: true)
        _ = state.handle(.begin)
        _ = state.handle(.registryIsReady)
        _ = state.handle(.serviceIsReady("users"))
        _ = state.handle(.gatewayIsReady(url: url))
        return state
    }

    @Test("registry, services, gateway, and the announcement when all are ready, once")
    func start() {
        var state = SystemState(services: ["users", "orders"], hasRegistry: true, hasGateway: true)
        #expect(state.handle(.begin) == [.start(.registry)])
        #expect(state.handle(.registryIsReady) == [.start(.services)])
        #expect(state.handle(.serviceIsReady("users")) == [])
        #expect(state.handle(.serviceIsReady("orders")) == [.start(.gateway)])
        #expect(state.handle(.gatewayIsReady(url: url)) == [.announce(url)])
        #expect(state.handle(.gatewayIsReady(url: url)) == [], "a gateway that was started again")
        #expect(state.handle(.registryIsReady) == [], "a registry that was started again")
    }

    @Test("when services take long the gateway starts without them, and the announcement waits for both")
    func late() {
        var state = SystemState(services: ["users"], hasRegistry: true, hasGateway: true)
        _ = state.handle(.begin)
        _ = state.handle(.registryIsReady)
        #expect(state.handle(.isLate) == [.start(.gateway)])
        #expect(state.handle(.gatewayIsReady(url: url)) == [])
        #expect(state.handle(.serviceIsReady("users")) == [.announce(url)])
        #expect(state.handle(.isLate) == [])
    }

    @Test("a registry that comes back during the start starts nobody twice")
    func registryTwice() {
        var state = SystemState(services: ["users"], hasRegistry: true, hasGateway: false)
        _ = state.handle(.begin)
        #expect(state.handle(.registryIsReady) == [.start(.services)])
        #expect(state.handle(.registryIsReady) == [])
    }

    @Test("without registry and gateway the services are all there is")
    func alone() {
        var state = SystemState(services: ["users"], hasRegistry: false, hasGateway: false, fallback: "http://h:1")
        #expect(state.handle(.begin) == [.start(.services)])
        #expect(state.handle(.serviceIsReady("users")) == [.announce("http://h:1")])
        #expect(state.handle(.stop) == [.stop(.services)])
        #expect(state.handle(.ended(.services)) == [.finish(nil)])
    }

    @Test("stops gateway, services, registry; who is too slow is killed")
    func stop() {
        var state = running()
        #expect(state.handle(.stop) == [.stop(.gateway)])
        #expect(state.handle(.stop) == [])
        #expect(state.handle(.deadline(.gateway)) == [.kill(.gateway), .stop(.services)])
        #expect(state.handle(.ended(.gateway)) == [])
        #expect(state.handle(.ended(.services)) == [.stop(.registry)])
        #expect(state.handle(.deadline(.services)) == [])
        #expect(state.handle(.ended(.registry)) == [.finish(nil)])
        #expect(state.handle(.stop) == [])
    }

    @Test("a stop during the start ends what was started, and no more")
    func stopEarly() {
        var state = SystemState(services: ["users"], hasRegistry: true, hasGateway: true)
        _ = state.handle(.begin)
        #expect(state.handle(.stop) == [.stop(.registry)])
        #expect(state.handle(.registryIsReady) == [])
        #expect(state.handle(.ended(.registry)) == [.finish(nil)])
    }

    @Test("a wrong configuration ends the start, and is only reported later")
    func gaveUp() {
        var state = SystemState(services: ["users"], hasRegistry: true, hasGateway: true)
        _ = state.handle(.begin)
        _ = state.handle(.registryIsReady)
        #expect(state.handle(.gaveUp(error)) == [.stop(.services)])
        _ = state.handle(.ended(.services))
        #expect(state.handle(.ended(.registry)) == [.finish(error)])
        var later = running()
        #expect(later.handle(.gaveUp(error)) == [])
    }

    @Test("a part that has ended for good is not waited for")
    func endedBefore() {
        var state = running()
        _ = state.handle(.ended(.services))
        #expect(state.handle(.stop) == [.stop(.gateway)])
        #expect(state.handle(.ended(.gateway)) == [.stop(.registry)])
    }

    @Test("stopping now kills everything")
    func stopNow() {
        var state = running()
        _ = state.handle(.stop)
        #expect(state.handle(.stopNow) == [.kill(.gateway), .kill(.services), .kill(.registry), .finish(nil)])
        #expect(state.handle(.stopNow) == [])
    }
}
