using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using VmMigrate.Engine.Checks;
using VmMigrate.Host.Protos.Pulumi;
using RpcStatus = VmMigrate.Host.Protos.Rpc.Status;

namespace VmMigrate.Host.Pulumi;

/// <summary>Errors in the forms that Pulumi's engine understands.</summary>
/// <remarks>
/// Internal, Unknown and DataLoss tell the engine that the resource's fate is unknown: they stand for our bugs only. The details go
/// into the trailer <c>grpc-status-details-bin</c>, whose status must equal the call's own.
/// </remarks>
internal static class PulumiErrors
{
    private const string DetailsTrailer = "grpc-status-details-bin";
    private const string TypePrefix = "type.googleapis.com";

    internal static RpcException Plain(StatusCode code, string message) => new(new Status(code, message), message);

    /// <summary>The resource exists with this state, but its goal is not reached: the engine keeps the state and calls Update next time.</summary>
    internal static RpcException Unfinished(ErrorResourceInitFailed detail) =>
        WithDetail(StatusCode.Aborted, string.Join('\n', detail.Reasons), detail);

    internal static RpcException MissingKeys(ConfigureErrorMissingKeys detail) =>
        WithDetail(
            StatusCode.InvalidArgument,
            $"The provider's config lacks {string.Join(", ", detail.MissingKeys.Select(key => key.Name))}.",
            detail);

    /// <summary>Several findings as one text: each on its own line, led by its property where it has one.</summary>
    internal static string Text(string opening, IReadOnlyCollection<Finding> findings) => findings.Count == 1 && opening.Length == 0
        ? Text(findings.First())
        : string.Join('\n', findings.Select(finding => $"  {Text(finding)}").Prepend(opening).Where(line => line.Length > 0));

    internal static string Text(Finding finding) =>
        finding.At.IsRoot ? $"{finding.Message} [{finding.Id}]" : $"{finding.At}: {finding.Message} [{finding.Id}]";

    /// <summary>The errors of a preview.</summary>
    internal static RpcException Blocked(ImmutableArray<Finding> errors) => Plain(
        StatusCode.FailedPrecondition,
        errors.Length == 1
            ? $"{Text(errors[0])}\nNothing has been changed."
            : Text($"{errors.Length} things stand in the way. Nothing has been changed.", errors));

    private static RpcException WithDetail(StatusCode code, string message, IMessage detail)
    {
        var status = new RpcStatus { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(detail, TypePrefix));
        return new RpcException(new Status(code, message), new Metadata { { DetailsTrailer, status.ToByteArray() } }, message);
    }
}
