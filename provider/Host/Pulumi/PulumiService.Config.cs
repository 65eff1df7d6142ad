using System.Collections.Immutable;
using Grpc.Core;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Pulumi;

namespace VmMigrate.Host.Pulumi;

internal sealed partial class PulumiService
{
    /// <remarks>
    /// The engine sends no secret marks here. What the model calls secret goes back marked, and the engine marks what the user marked.
    /// </remarks>
    public override Task<CheckResponse> CheckConfig(CheckRequest request, ServerCallContext context) =>
        ServeAsync("CheckConfig", request.Urn, context, call =>
        {
            var (config, ofEngine, findings) = ReadConfig(request.News, call);
            var response = new CheckResponse
            {
                Inputs = StructWriter.Write(Join(config, ofEngine), Unknowns.Keep),
            };
            response.Failures.AddRange(Errors(findings).Select(finding => ToFailure(
                finding.Id == "input.missing" && finding.At.Steps.Length == 1
                    ? finding with { Message = $"{finding.Message} Set it with `pulumi config set --path '{_provider.Model.Name}:{finding.At}…' <value>` or as an argument of the provider." }
                    : finding,
                config,
                _provider.Model.ConfigObject,
                call)));
            TellOnce(call, Remarks(findings));
            return Task.FromResult(response);
        });

    /// <remarks>Never a replacement: that would replace every resource of the provider.</remarks>
    public override Task<DiffResponse> DiffConfig(DiffRequest request, ServerCallContext context) =>
        ServeAsync("DiffConfig", request.Urn, context, call =>
        {
            var (old, _, _) = ReadConfig(request.OldInputs ?? request.Olds, call);
            var (@new, _, _) = ReadConfig(request.News, call);
            var changes = InputDiff.Compare(_provider.Model.ConfigObject, old, @new);
            return Task.FromResult(ToDiff([.. changes.Select(change => change with { Replaces = false })], [], request.IgnoreChanges));
        });

    public override Task<ConfigureResponse> Configure(ConfigureRequest request, ServerCallContext context) =>
        ServeAsync("Configure", request.Urn, context, call =>
        {
            // Old engines send texts only, and old states are configured without a CheckConfig before.
            var (config, _, findings) = ReadConfig(request.Args ?? ConfigReader.FromVariables(request.Variables), call);
            var errors = Errors(findings);
            if (errors.Length > 0 && errors.All(error => error.Id == "input.missing" && error.At.Steps.Length == 1))
            {
                throw PulumiErrors.MissingKeys(new ConfigureErrorMissingKeys
                {
                    MissingKeys =
                    {
                        errors.Select(error => new ConfigureErrorMissingKeys.Types.MissingKey
                        {
                            Name = $"{_provider.Model.Name}:{error.At}",
                            Description = _provider.Model.ConfigObject.Find(error.At.Steps[0].Name!)?.Description ?? error.Message,
                        }),
                    },
                });
            }

            if (errors.Length > 0)
            {
                throw PulumiErrors.Plain(
                    StatusCode.InvalidArgument,
                    PulumiErrors.Text($"The config of provider {_provider.Model.Name} cannot be used:", errors));
            }

            _configSecrets = call.Redactor;
            if (config.HasUnknown)
            {
                _config = ConfigState.Unknown;
            }
            else
            {
                _provider.Configure(config);
                _config = ConfigState.Known;
            }

            return Task.FromResult(new ConfigureResponse
            {
                AcceptSecrets = true,
                SupportsPreview = true,
                AcceptResources = true,
                AcceptOutputs = false,
                SupportsAutonamingConfiguration = true,
            });
        });

    /// <summary>Reads, decodes and checks; from here on the call knows the config's secrets.</summary>
    private (MapValue Config, MapValue OfEngine, ImmutableArray<Finding> Findings) ReadConfig(Google.Protobuf.WellKnownTypes.Struct? source, ServedCall call)
    {
        var unreadable = new List<Finding>();
        var (given, ofEngine) = ConfigReader.Read(_provider.Model.ConfigObject, source, unreadable);

        // Before anything can be said of it: a wrong field may be the secret one.
        call.Redactor = call.Redactor.With(given, SecretMarks.BySchema(_provider.Model.Config, given));
        var (config, findings) = _provider.CheckConfig(given);
        call.Redactor = call.Redactor.With(config);
        return (config, ofEngine, [.. unreadable, .. findings.Where(finding => unreadable.TrueForAll(other => !other.At.Equals(finding.At)))]);
    }

    private static MapValue Join(MapValue a, MapValue b) => b.Entries.Aggregate(a, (joined, entry) => joined.With(entry.Key, entry.Value));

    /// <summary>
    /// The engine prints the value of the top-level property that a failure names, so one that holds a secret is named in the reason only.
    /// </summary>
    private static CheckFailure ToFailure(Finding finding, MapValue given, ObjectType type, ServedCall call)
    {
        var holdsSecret = finding.At.Steps is [{ Name: { } name }]
            && (given[name].HasSecret || (type.Find(name) is { } field && SecretMarks.HoldsSecret(field)));
        return new CheckFailure
        {
            Property = holdsSecret ? "" : finding.At.ToString(),
            Reason = call.Redactor.Clean(holdsSecret ? PulumiErrors.Text(finding) : $"{finding.Message} [{finding.Id}]"),
        };
    }
}
