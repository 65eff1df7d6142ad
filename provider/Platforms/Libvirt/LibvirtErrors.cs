using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>libvirt's own account of a failed call, copied out of the thread's variable.</summary>
/// <param name="Words">libvirt's message.</param>
/// <param name="Number">For <see cref="VirErrorCode.SystemError"/> the errno.</param>
internal readonly record struct NativeError(VirErrorCode Code, string Words, int Number);

/// <summary>From libvirt's errors to <see cref="PlatformException"/>.</summary>
internal static class LibvirtErrors
{
    private const int PermissionDenied = 13;
    private const int NoSpaceLeft = 28;
    private const int QuotaExceeded = 122;

    /// <summary>The names of the header for those codes whose name is not just ours in capitals.</summary>
    private static readonly FrozenDictionary<int, string> OtherCodes = new Dictionary<int, string>
    {
        [2] = "NO_MEMORY",
        [7] = "INVALID_DOMAIN",
        [10] = "GET_FAILED",
        [16] = "OS_TYPE",
        [20] = "NO_TARGET",
        [21] = "NO_NAME",
        [26] = "CALL_FAILED",
        [30] = "OPEN_FAILED",
        [31] = "READ_FAILED",
        [32] = "PARSE_FAILED",
        [34] = "WRITE_FAILED",
        [35] = "XML_DETAIL",
        [36] = "INVALID_NETWORK",
        [46] = "INVALID_STORAGE_POOL",
        [47] = "INVALID_STORAGE_VOL",
        [54] = "NO_SECURITY_MODEL",
        [65] = "INVALID_SECRET",
        [66] = "NO_SECRET",
        [70] = "HOOK_SCRIPT_FAILED",
        [73] = "INVALID_STREAM",
        [81] = "MIGRATE_UNSAFE",
        [82] = "OVERFLOW",
        [89] = "DBUS_SERVICE",
        [91] = "CPU_INCOMPATIBLE",
        [99] = "DEVICE_MISSING",
    }.ToFrozenDictionary();

    /// <summary>The error that the thread's last call left.</summary>
    internal static unsafe NativeError Last()
    {
        var error = NativeMethods.virGetLastError();
        return error is null
            ? new NativeError(VirErrorCode.Ok, "libvirt gave no reason", 0)
            : new NativeError((VirErrorCode)error->Code, Marshal.PtrToStringUTF8((nint)error->Message)?.Trim() ?? "libvirt gave no reason", error->Number1);
    }

    /// <param name="site">The site's name.</param>
    /// <param name="what">What was asked of what, as the beginning of a sentence: <c>libvirt could not start VM web-01</c>.</param>
    /// <param name="alive">Whether the connection still stands.</param>
    internal static PlatformException From(string site, string what, NativeError error, bool alive = true)
    {
        var kind = alive ? KindOf(error) : PlatformErrorKind.Lost;
        var message = kind == PlatformErrorKind.Lost
            ? $"{what}: the connection broke while the call was under way, so it may or may not have had its effect: {error.Words}"
            : $"{what}: {error.Words}";
        return new PlatformException(kind, site, message) { NativeCode = CodeName(error.Code) };
    }

    /// <summary>For a connection that could not be opened.</summary>
    internal static PlatformException FromOpen(string site, string where, NativeError error)
    {
        var kind = error switch
        {
            { Code: VirErrorCode.AuthFailed or VirErrorCode.AuthCancelled or VirErrorCode.AuthUnavailable or VirErrorCode.AccessDenied or VirErrorCode.OperationDenied } => PlatformErrorKind.Denied,
            { Code: VirErrorCode.SystemError, Number: PermissionDenied } => PlatformErrorKind.Denied,
            _ when error.Words.Contains("Permission denied", StringComparison.Ordinal) => PlatformErrorKind.Denied,
            { Code: VirErrorCode.NoSupport or VirErrorCode.ConfigUnsupported or VirErrorCode.InvalidArg } => PlatformErrorKind.Unsupported,
            // "unexpected QEMU URI path ..." and the like: reached, and refused.
            { Code: VirErrorCode.InternalError } when error.Words.Contains("URI", StringComparison.OrdinalIgnoreCase) => PlatformErrorKind.Refused,
            _ => PlatformErrorKind.Unreachable,
        };
        return new PlatformException(kind, site, $"site {site} ({where}) cannot be reached: {error.Words}") { NativeCode = CodeName(error.Code) };
    }

    internal static PlatformErrorKind KindOf(NativeError error) => error.Code switch
    {
        VirErrorCode.NoDomain or VirErrorCode.NoNetwork or VirErrorCode.NoStoragePool or VirErrorCode.NoStorageVol
            or VirErrorCode.NoInterface or VirErrorCode.NoDomainMetadata or VirErrorCode.NoSecret
            or VirErrorCode.NoDomainCheckpoint or VirErrorCode.NoDomainSnapshot or VirErrorCode.NoDomainBackup => PlatformErrorKind.NotFound,
        VirErrorCode.AuthFailed or VirErrorCode.AuthCancelled or VirErrorCode.AuthUnavailable or VirErrorCode.AccessDenied
            or VirErrorCode.OperationDenied => PlatformErrorKind.Denied,
        VirErrorCode.ResourceBusy or VirErrorCode.BlockCopyActive => PlatformErrorKind.Busy,
        // "cannot acquire state change lock (held by monitor=remoteDispatchDomainBackupBegin)"
        VirErrorCode.OperationTimeout => error.Words.Contains("lock", StringComparison.Ordinal) ? PlatformErrorKind.Busy : PlatformErrorKind.TimedOut,
        VirErrorCode.AgentUnresponsive or VirErrorCode.AgentUnsynced => PlatformErrorKind.Unreachable,
        VirErrorCode.NoSupport or VirErrorCode.ConfigUnsupported or VirErrorCode.ArgumentUnsupported
            or VirErrorCode.OperationUnsupported => PlatformErrorKind.Unsupported,
        VirErrorCode.UnknownHost or VirErrorCode.NoConnect or VirErrorCode.GnutlsError or VirErrorCode.Ssh or VirErrorCode.Libssh => PlatformErrorKind.Unreachable,
        VirErrorCode.Rpc or VirErrorCode.InvalidConn => PlatformErrorKind.Lost,
        VirErrorCode.InternalError when error.Words.Contains("client socket is closed", StringComparison.Ordinal) => PlatformErrorKind.Lost,
        VirErrorCode.SystemError when error.Number is NoSpaceLeft or QuotaExceeded => PlatformErrorKind.Full,
        VirErrorCode.SystemError when error.Number is PermissionDenied => PlatformErrorKind.Denied,
        // QEMU's own link to the other host, amid a live move: the other end went away, and may be back in a moment.
        _ when error.Words.Contains("Unable to write to socket", StringComparison.Ordinal) || error.Words.Contains("Unable to read from socket", StringComparison.Ordinal) => PlatformErrorKind.Unreachable,
        _ when error.Words.Contains("No space left on device", StringComparison.Ordinal) => PlatformErrorKind.Full,
        _ => PlatformErrorKind.Refused,
    };

    /// <summary>The header's name of a code, such as <c>VIR_ERR_NO_DOMAIN</c>; <c>VIR_ERR_</c> and its number for one that we do not know.</summary>
    internal static string CodeName(VirErrorCode code)
    {
        if (OtherCodes.TryGetValue((int)code, out var other))
        {
            return "VIR_ERR_" + other;
        }

        if (!Enum.IsDefined(code))
        {
            return $"VIR_ERR_{(int)code}";
        }

        var name = new StringBuilder("VIR_ERR");
        foreach (var letter in code.ToString())
        {
            name.Append(char.IsUpper(letter) ? "_" : "").Append(char.ToUpperInvariant(letter));
        }

        return name.ToString();
    }
}
