using Grpc.Core;
using VmMigrate.Host.Protos.GoPlugin;

namespace VmMigrate.Host.Terraform;

/// <summary>Core's way to end the process: it waits 2 s and then kills it.</summary>
internal sealed class PluginController(Action shutdown) : GRPCController.GRPCControllerBase
{
    public override Task<Empty> Shutdown(Empty request, ServerCallContext context)
    {
        shutdown();
        return Task.FromResult(new Empty());
    }
}
