namespace VmMigrate.Engine.Contracts;

public enum PlatformErrorKind
{
    NotFound,
    Denied,

    /// <summary>Held by another task now; may be free later.</summary>
    Busy,

    /// <summary>The platform understood and said no.</summary>
    Refused,

    Unreachable,

    /// <summary>The connection broke while a call was under way: it may or may not have had its effect.</summary>
    Lost,

    /// <summary>A call took longer than its limit.</summary>
    TimedOut,

    /// <summary>No room left.</summary>
    Full,

    /// <summary>The platform or its driver cannot do this at all.</summary>
    Unsupported,
}

/// <summary>The only exception that a driver throws, cancellation and our own bugs aside.</summary>
public sealed class PlatformException : Exception
{
    /// <param name="site">The site's name.</param>
    /// <param name="message">What was asked, of what, and the platform's own words. No secret.</param>
    public PlatformException(PlatformErrorKind kind, string site, string message, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        Site = site;
    }

    public PlatformErrorKind Kind { get; }

    public string Site { get; }

    /// <summary>The platform's own code, such as <c>VIR_ERR_NO_DOMAIN</c>.</summary>
    public string? NativeCode { get; init; }

    public bool RetryCanHelp => Kind is PlatformErrorKind.Busy or PlatformErrorKind.Unreachable or PlatformErrorKind.Lost or PlatformErrorKind.TimedOut;
}
