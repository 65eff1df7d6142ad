using System.Collections.Concurrent;
using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Values;
using ResourceException = VmMigrate.Host.Resources.ResourceException;

namespace VmMigrate.Host.Pulumi;

/// <summary>Serves Pulumi's provider protocol over a <see cref="Provider"/>.</summary>
/// <remarks>
/// Wire forms end here: properties go in as neutral trees and come back as Structs, findings become failures, errors and log lines.
/// Source for what the engine does with an answer: pulumi/pulumi, sdk/go/common/resource/plugin/provider_plugin.go and pkg/resource/deploy.
/// </remarks>
internal sealed partial class PulumiService : ResourceProvider.ResourceProviderBase
{
    private readonly Provider _provider;
    private readonly EngineLog _log;
    private readonly RunningCalls _calls;
    private readonly FileLog _file;
    private readonly TimeProvider _time;
    private readonly PlanViews _views;

    // Check runs in every phase, and twice for a replacement: what it warns of is told once a process.
    private readonly ConcurrentDictionary<(string Urn, string Text), bool> _told = new();

    private volatile bool _takesRefreshBeforeUpdate;
    private volatile Redactor _configSecrets = Redactor.None;
    private volatile ConfigState _config = ConfigState.Missing;

    internal PulumiService(Provider provider, EngineLog log, RunningCalls calls, FileLog file, TimeProvider time)
    {
        _provider = provider;
        _log = log;
        _calls = calls;
        _file = file;
        _time = time;
        _views = new PlanViews(file, time);
    }

    private enum ConfigState
    {
        Missing,

        /// <summary>Something in it is not known before apply: previews say what they can, all else waits.</summary>
        Unknown,

        Known,
    }

    public override Task<ProviderHandshakeResponse> Handshake(ProviderHandshakeRequest request, ServerCallContext context)
    {
        Greet(request.EngineAddress);
        _takesRefreshBeforeUpdate = request.SupportsRefreshBeforeUpdate;
        _file.Write($"Handshake from engine {request.EngineAddress}");
        return Task.FromResult(new ProviderHandshakeResponse
        {
            AcceptSecrets = true,
            AcceptResources = true,

            // Only components are ever sent output values.
            AcceptOutputs = false,

            // No property of ours is named automatically, so every such configuration is honoured.
            SupportsAutonamingConfiguration = true,
        });
    }

    public override Task<Empty> Attach(PluginAttach request, ServerCallContext context)
    {
        Greet(request.Address);
        _file.Write($"Attach to engine {request.Address}");
        return Task.FromResult(new Empty());
    }

    public override Task<PluginInfo> GetPluginInfo(Empty request, ServerCallContext context) =>
        Task.FromResult(new PluginInfo { Version = _provider.Model.Version });

    public override Task<GetSchemaResponse> GetSchema(GetSchemaRequest request, ServerCallContext context) =>
        ServeAsync("GetSchema", "", context, _ =>
        {
            if (request.Version != 0)
            {
                throw PulumiErrors.Plain(StatusCode.InvalidArgument, $"Version {request.Version} of schemas is not known, only version 0.");
            }

            if (request.SubpackageName.Length > 0)
            {
                throw PulumiErrors.Plain(StatusCode.InvalidArgument, $"{_provider.Model.Name} has no package \"{request.SubpackageName}\" in it.");
            }

            return Task.FromResult(new GetSchemaResponse { Schema = SchemaWriter.Write(_provider.Model) });
        });

    /// <summary>Asks all calls under way to stop at a safe point, and returns at once: the engine goes on to wait for them.</summary>
    /// <remarks>Also comes at the end of every ordinary run.</remarks>
    public override async Task<Empty> Cancel(Empty request, ServerCallContext context)
    {
        _file.Write("Cancel");
        await _calls.CancelAsync().ConfigureAwait(false);
        return new Empty();
    }

    private void Greet(string engineAddress)
    {
        if (engineAddress.Length > 0)
        {
            _log.Address = engineAddress;
        }

        _calls.Reset();
    }

    /// <summary>The one place through which every call that can fail passes: its token, its log lines, and the form of its errors.</summary>
    private async Task<T> ServeAsync<T>(string rpc, string urn, ServerCallContext context, Func<ServedCall, Task<T>> serve)
    {
        var began = _time.GetTimestamp();
        using var running = _calls.Begin(context.CancellationToken);
        var call = new ServedCall(urn, running.Token) { Redactor = _configSecrets };
        var result = "OK";
        try
        {
            return await serve(call).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            var answer = Translate(error, call, rpc);
            result = $"{answer.StatusCode}: {answer.Status.Detail}";
            throw answer;
        }
        finally
        {
            // Before the answer: the row on which the lines stand is done with it.
            await _log.FlushAsync().ConfigureAwait(false);
            _file.Write($"{rpc} {urn} took {_time.GetElapsedTime(began).TotalMilliseconds:F0} ms: {result}");
        }
    }

    private RpcException Translate(Exception error, ServedCall call, string rpc)
    {
        switch (error)
        {
            case RpcException { Trailers.Count: > 0 } known:
                return known;
            case RpcException known:
                return PulumiErrors.Plain(known.StatusCode, call.Redactor.Clean(known.Status.Detail));
            case UnreadablePropertyException unreadable:
                return PulumiErrors.Plain(StatusCode.InvalidArgument, call.Redactor.Clean(PulumiErrors.Text("", unreadable.Findings)));
            case ResourceException refused:
                TellAll(call, Remarks(refused.Findings));
                var untold = Untold(refused.Findings, [refused.Message]).Where(finding => finding.Severity == Severity.Error).ToList();
                return PulumiErrors.Plain(
                    refused.Findings.Any(finding => finding.Severity == Severity.Error && !finding.At.IsRoot) ? StatusCode.InvalidArgument : StatusCode.FailedPrecondition,
                    call.Redactor.Clean(PulumiErrors.Text(refused.Message, untold)));
            case PlatformException platform:
                return PulumiErrors.Plain(StatusCode.FailedPrecondition, call.Redactor.Clean(platform.Message));
            case OperationCanceledException when call.Token.IsCancellationRequested:
                return PulumiErrors.Plain(StatusCode.Cancelled, "Stopped, as the engine asked.");
            default:
                return PulumiErrors.Plain(StatusCode.Internal, DescribeBug(error, call, rpc));
        }
    }

    /// <summary>What a user is told of a bug of ours; the stack goes into the file log.</summary>
    private string DescribeBug(Exception error, ServedCall call, string rpc)
    {
        _file.Write(call.Redactor.Clean($"bug in {rpc} {call.Urn}: {error}"));
        return call.Redactor.Clean(
            $"This is a bug in {_provider.Model.Name}, please report it: {error.GetType().Name} in {rpc}: {error.Message} (Its stack is written to the file that {FileLog.Variable} names, if it is set.)");
    }

    private void Tell(ServedCall call, Finding finding) =>
        _log.Write(finding.Severity, call.Redactor.Clean(PulumiErrors.Text(finding)), call.Urn);

    private void TellAll(ServedCall call, IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            Tell(call, finding);
        }
    }

    private void TellOnce(ServedCall call, IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            if (_told.TryAdd((call.Urn, PulumiErrors.Text(finding)), true))
            {
                Tell(call, finding);
            }
        }
    }

    /// <summary>Findings that none of these texts tells already.</summary>
    private static IEnumerable<Finding> Untold(IEnumerable<Finding> findings, IReadOnlyCollection<string> texts) =>
        findings.Where(finding => !texts.Any(text => text.Contains(finding.Message, StringComparison.Ordinal)));

    private Resource ResourceOf(string type, string urn)
    {
        var token = type.Length > 0 ? type : TypeIn(urn);
        var name = token[(token.LastIndexOf(':') + 1)..];
        return _provider.Resources.TryGetValue(name, out var resource) && token.StartsWith($"{_provider.Model.Name}:", StringComparison.Ordinal)
            ? resource
            : throw PulumiErrors.Plain(
                StatusCode.InvalidArgument,
                $"{_provider.Model.Name} has no resource \"{token}\".{NearestName.Question(name, _provider.Resources.Keys)}");
    }

    /// <summary>The type in a URN (<c>urn:pulumi:stack::project::parent$type::name</c>), for engines that do not send it beside.</summary>
    private static string TypeIn(string urn)
    {
        var parts = urn.Split("::", 4);
        return parts.Length < 3 ? urn : parts[2][(parts[2].LastIndexOf('$') + 1)..];
    }

    private static ImmutableArray<Finding> Errors(IEnumerable<Finding> findings) =>
        [.. findings.Where(finding => finding.Severity == Severity.Error)];

    private static IEnumerable<Finding> Remarks(IEnumerable<Finding> findings) => findings.Where(finding => finding.Severity != Severity.Error);

    /// <summary>One call while it is served.</summary>
    private sealed class ServedCall(string urn, CancellationToken token)
    {
        internal string Urn { get; } = urn;

        internal CancellationToken Token { get; } = token;

        /// <summary>Knows the secrets of the config and, once they are read, of the call's own properties.</summary>
        internal Redactor Redactor { get; set; } = Redactor.None;
    }
}
