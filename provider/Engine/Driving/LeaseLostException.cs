namespace VmMigrate.Engine.Driving;

/// <summary>Another run has taken the migration over: this one may write nothing any more, not even to take something back.</summary>
public sealed class LeaseLostException : Exception
{
    internal LeaseLostException(string message)
        : base(message)
    {
    }
}
