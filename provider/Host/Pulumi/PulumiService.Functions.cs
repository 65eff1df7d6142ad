using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Host.Protos.Pulumi;

namespace VmMigrate.Host.Pulumi;

internal sealed partial class PulumiService
{
    public override Task<InvokeResponse> Invoke(InvokeRequest request, ServerCallContext context) =>
        ServeAsync("Invoke", "", context, async call =>
        {
            var name = request.Tok[(request.Tok.LastIndexOf(':') + 1)..];
            if (!_provider.Functions.TryGetValue(name, out var function) || !request.Tok.StartsWith($"{_provider.Model.Name}:", StringComparison.Ordinal))
            {
                throw PulumiErrors.Plain(
                    StatusCode.InvalidArgument,
                    $"{_provider.Model.Name} has no function \"{request.Tok}\".{NearestName.Question(name, _provider.Functions.Keys)}");
            }

            var unreadable = new List<Finding>();
            var given = StructReader.Read(request.Args, unreadable);
            call.Redactor = call.Redactor.With(given, SecretMarks.BySchema(function.Type.Inputs.Fields, given));
            var (arguments, findings) = InputCheck.Run(function.Type.Inputs, given, function.Type.Name);
            findings = [.. unreadable, .. findings.Where(finding => unreadable.TrueForAll(other => !other.At.Equals(finding.At)))];
            var response = new InvokeResponse();
            if (Errors(findings).IsEmpty)
            {
                if (_config == ConfigState.Unknown || arguments.HasUnknown)
                {
                    // The engine asks again once it knows them.
                    return new InvokeResponse { Return = new Struct() };
                }

                NeedsConfig();
                var outcome = await function.InvokeAsync(arguments, call.Token).ConfigureAwait(false);
                findings = findings.AddRange(outcome.Findings);
                response.Return = Marked(function.Type.Outputs.Fields, arguments, outcome.Result, call);
            }

            response.Failures.AddRange(Errors(findings).Select(finding => ToFailure(finding, given, function.Type.Inputs, call)));
            TellAll(call, Remarks(findings));
            return response;
        });
}
