// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTesting

extension MessagingWorld {
    /// Bad times of so long: one trouble after the other, each of which passes.
    func trouble(for duration: Duration) async throws {
        isTroubled = true
        let end = simulation.elapsed + duration
        while simulation.elapsed < end {
            try await simulation.wait(for: draw(.milliseconds(100), .seconds(3)))
            befall()
        }
        isTroubled = false
        for site in sites {
            site.fail(0)
            site.slow(.zero)
            site.catchUp()
        }
        for replica in replicas {
            replica.isCut = false
            replica.start()
        }
    }

    private func befall() {
        let replica = replicas[draw(replicas.count)]
        let site = sites[draw(sites.count)]
        switch draw(20) {
        case 0..<6:
            simulation.note("crash \(replica.name)")
            replica.crash()
            simulation.after(draw(.milliseconds(10), .seconds(15))) { replica.start() }
        case 6..<8:
            simulation.note("stop \(replica.name)")
            let pause = draw(.milliseconds(10), .seconds(3))
            simulation.spawn { [simulation] in
                await replica.stop()
                simulation.after(pause) { replica.start() }
            }
        case 8..<11:
            simulation.note("pause \(replica.name)")
            replica.pause(for: draw(.milliseconds(100), .seconds(12)))
        case 11..<14:
            simulation.note("cut \(replica.name)")
            replica.isCut = true
            simulation.after(draw(.milliseconds(100), .seconds(10))) { replica.isCut = false }
        case 14..<16:
            simulation.note("fail \(site.name)")
            site.fail([0.2, 0.5, 1][draw(3)])
            simulation.after(draw(.milliseconds(100), .seconds(6))) { site.fail(0) }
        case 16..<18:
            simulation.note("slow \(site.name)")
            site.slow(draw(.milliseconds(50), .seconds(4)))
            simulation.after(draw(.seconds(1), .seconds(6))) { site.slow(.zero) }
        default:
            let step = Duration.seconds(draw(2) == 0 ? 3_600 : -3_600)
            simulation.note("step")
            stepWall(step)
            if draw(2) == 0 { site.step(step) }
        }
    }
}
