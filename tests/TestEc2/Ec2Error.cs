namespace VmMigrate.TestEc2;

/// <summary>What the service answers instead of a result.</summary>
/// <param name="status">The HTTP status that goes with the code.</param>
/// <param name="reason">Of EBS direct's ValidationException and the like; null elsewhere.</param>
internal sealed class Ec2Error(int status, string code, string message, string? reason = null) : Exception(message)
{
    internal int Status { get; } = status;

    internal string Code { get; } = code;

    internal string? Reason { get; } = reason;

    internal static Ec2Error Missing(string parameter) => new(400, "MissingParameter", $"The request must contain the parameter {parameter}");

    internal static Ec2Error NotFound(string kind, string id) => new(400, $"Invalid{kind}ID.NotFound", $"The {kind} ID '{id}' does not exist");

    internal static Ec2Error State(string message) => new(400, "IncorrectState", message);
}
