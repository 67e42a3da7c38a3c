import Testing

@testable import FleetSim

struct EngineProfileTests {
    @Test func `a deployment is found by the names of its parts`() throws {
        let profile = try EngineProfile(gpu: "h100", model: "llama-70b-fp8", tensorParallel: 4)
        #expect(profile.gpu == .h100)
        #expect(profile.model == .llama70B)
        #expect(profile.kvCapacityTokens == EngineProfile.named("70b-fp8-tp4-h100")?.kvCapacityTokens)
        #expect(abs(try #require(profile.dollarsPerHour) - 11.8) < 1e-9)
        #expect(try EngineProfile(gpu: "b300", model: "llama-70b", tensorParallel: 1).dollarsPerHour == nil)
    }

    @Test func `the scheduler's limits are vLLM's for the GPU`() throws {
        let small = try EngineProfile(gpu: "a100", model: "llama-8b", tensorParallel: 1)
        #expect((small.maxBatchedTokens, small.maxSequences) == (2048, 256))
        let large = try EngineProfile(gpu: "mi300x", model: "llama-8b", tensorParallel: 1)
        #expect((large.maxBatchedTokens, large.maxSequences) == (8192, 1024))
    }

    @Test func `an unknown name is answered with the known ones`() {
        #expect(throws: ProfileProblem.unknownGPU("h1000")) {
            try EngineProfile(gpu: "h1000", model: "llama-70b-fp8", tensorParallel: 4)
        }
        #expect(ProfileProblem.unknownGPU("x").description.contains("h100, h200, b200"))
        #expect(throws: ProfileProblem.unknownModel("gpt")) {
            try EngineProfile(gpu: "h100", model: "gpt", tensorParallel: 4)
        }
        #expect(ProfileProblem.unknownModel("x").description.contains("llama-70b-fp8"))
        #expect(throws: ProfileProblem.tensorParallel(3)) {
            try EngineProfile(gpu: "h100", model: "llama-70b-fp8", tensorParallel: 3)
        }
    }

    @Test func `weights that leave no room for a cache are refused with the remedy`() throws {
        let problem = try #require(throws: ProfileProblem.self) {
            try EngineProfile(gpu: "h100", model: "llama-405b-fp8", tensorParallel: 4)
        }
        #expect(problem.description.contains("take more GPUs"))
        #expect(throws: Never.self) {
            try EngineProfile(gpu: "h100", model: "llama-405b-fp8", tensorParallel: 8)
        }
    }

    @Test func `no two parts have the same name`() {
        #expect(Set(GPUKind.all.map(\.key)).count == GPUKind.all.count)
        #expect(Set(ModelShape.all.map(\.key)).count == ModelShape.all.count)
    }
}
