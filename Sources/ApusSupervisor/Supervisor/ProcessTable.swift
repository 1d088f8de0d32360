// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The processes of a system, made from its manifest.
struct ProcessTable: Sendable {
    let all: [SupervisedProcess]

    /// - Parameter registry: The registry's address once it is known.
    init(_ configuration: SupervisorConfiguration, registry: RegistryPlace) {
        let recipe = ProcessRecipe(configuration: configuration, place: registry)
        let manifest = configuration.manifest
        var all: [SupervisedProcess] = []
        func add(
            _ name: String, _ part: StopPlan.Part, _ specification: @escaping @Sendable () -> ChildSpecification
        ) {
            all.append(
                SupervisedProcess(
                    name: name, part: part, policy: RestartPolicy(configuration: configuration.restarts),
                    time: configuration.time, specification: specification))
        }
        if manifest.hasRegistry { add("registry", .registry) { recipe.registry() } }
        for service in manifest.services {
            for number in 1...service.instances {
                let name = service.instances == 1 ? service.name : "\(service.name)-\(number)"
                add(name, .services) { recipe.service(service, instance: name) }
            }
        }
        if let file = manifest.gateway { add("gateway", .gateway) { recipe.gateway(file: file) } }
        self.all = all
    }

    func part(_ part: StopPlan.Part) -> [SupervisedProcess] {
        all.filter { $0.part == part }
    }
}
