using Grpc.Core;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Resources;

namespace VmMigrate.Host.Pulumi;

/// <summary>Shows the steps of a plan as rows under the resource, where the engine has such rows (views).</summary>
/// <remarks>
/// At preview only. There the engine shows them and forgets them; in a run it would keep them in the stack's state for ever, where they say nothing that
/// the output <c>steps</c> does not, and every later run would have to account for each. An engine that cannot show them loses nothing: the same steps
/// stand in the log line of the plan and in the outputs.
/// </remarks>
internal sealed class PlanViews(FileLog file, TimeProvider time)
{
    // It answers at once or not at all.
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(5);

    /// <param name="address">Where the engine takes rows; empty where it does not.</param>
    /// <param name="token">Which resource it is, for the engine, as long as the call lasts.</param>
    /// <param name="type">The resource's token, such as <c>vmmigrate:index:Migration</c>.</param>
    /// <param name="name">The resource's name in the program.</param>
    /// <param name="clean">Takes secrets out.</param>
    internal async Task PublishAsync(string address, string token, string type, string name, IReadOnlyList<PlannedStep> steps, Func<string, string> clean, CancellationToken cancellation)
    {
        if (address.Length == 0 || token.Length == 0 || steps.Count == 0)
        {
            return;
        }

        var request = new PublishViewStepsRequest { Token = token };
        for (var i = 0; i < steps.Count; i++)
        {
            var state = new ViewStepState
            {
                Type = $"{type[..type.LastIndexOf(':')]}:Step",

                // Unique in the stack: rows are told apart by type, parent's type and name. They stand under the resource itself, which is so without a parent; what could be named is another row.
                Name = $"{name} {i + 1}. {steps[i].Name}",
                Inputs = StructWriter.Write(Value.EmptyMap, Unknowns.LeaveOut),
                Outputs = StructWriter.Write(Value.Map(("detail", Value.Text(clean(steps[i].Detail)))), Unknowns.LeaveOut),
            };
            request.Steps.Add(new ViewStep { Op = ViewStep.Types.Op.Create, Status = ViewStep.Types.Status.Ok, Type = state.Type, Name = state.Name, New = state });
        }

        try
        {
            using var channel = EngineChannel.Open(address);
            await new ResourceStatus.ResourceStatusClient(channel)
                .PublishViewStepsAsync(request, deadline: time.GetUtcNow().UtcDateTime + _limit, cancellationToken: cancellation)
                .ConfigureAwait(false);
        }
        catch (Exception error) when (error is RpcException or IOException or UriFormatException or InvalidOperationException)
        {
            // A preview without rows is still a preview.
            file.Write($"views at {address}: {error.Message}");
        }
    }
}
