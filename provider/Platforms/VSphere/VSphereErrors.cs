using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

/// <summary>From vim25's faults to <see cref="PlatformException"/>.</summary>
internal static class VSphereErrors
{
    internal const string NotAuthenticated = "NotAuthenticated";
    internal const string ObjectGone = "ManagedObjectNotFound";
    internal const string NotSupported = "NotSupported";
    internal const string TaskInProgress = "TaskInProgress";
    internal const string FileNotFound = "FileNotFound";
    internal const string FileExists = "FileAlreadyExists";

    /// <summary>A fault of a call: the body of its reply.</summary>
    /// <param name="what">What was asked of what, as the beginning of a sentence.</param>
    internal static PlatformException FromFault(string site, string what, XElement fault)
    {
        var detail = fault.Child("detail")?.Elements().FirstOrDefault();
        var type = TypeOf(detail) ?? fault.Text("faultcode") ?? "fault";
        return From(site, what, type, fault.Text("faultstring"), detail);
    }

    /// <summary>A task that ended with an error: its <c>LocalizedMethodFault</c>.</summary>
    internal static PlatformException FromTask(string site, string what, XElement error)
    {
        var detail = error.Child("fault");
        return From(site, what, detail.Type() is { Length: > 0 } type ? type : "fault", error.Text("localizedMessage"), detail);
    }

    private static PlatformException From(string site, string what, string type, string? words, XElement? detail) =>
        new(KindOf(type), site, $"{what}: {Words(type, words, detail)}") { NativeCode = type };

    internal static PlatformErrorKind KindOf(string type) => type switch
    {
        ObjectGone or "NotFound" or FileNotFound or "InvalidDatastore" or "InvalidDatastorePath" => PlatformErrorKind.NotFound,
        NotAuthenticated or "NoPermission" or "InvalidLogin" or "InvalidLocale" or "NoClientCertificate" or "PasswordExpired" or "AccountLocked"
            or "HostAccessRestrictedToManagementServer" => PlatformErrorKind.Denied,
        TaskInProgress or "FileLocked" or "ResourceInUse" or "ConcurrentAccess" or "SnapshotLocked" or "ResourceNotAvailable" => PlatformErrorKind.Busy,
        "Timedout" => PlatformErrorKind.TimedOut,
        "NoDiskSpace" or "InsufficientStorageSpace" or "SwapDatastoreNotWritableOnHost" => PlatformErrorKind.Full,
        NotSupported or "NotImplemented" or "MethodNotFound" or "RestrictedVersion" or "InvalidRequest" => PlatformErrorKind.Unsupported,
        "HostCommunication" or "HostNotConnected" or "HostNotReachable" => PlatformErrorKind.Unreachable,
        _ => PlatformErrorKind.Refused,
    };

    /// <summary>The platform's own words, and the one part of a fault's detail that tells what it is about.</summary>
    private static string Words(string type, string? words, XElement? detail)
    {
        var about = type switch
        {
            "NoPermission" => $"the account lacks the privilege {detail.Text("privilegeId")} on {detail.Text("object")}",
            TaskInProgress => $"task {detail.Text("task")} is under way on it",
            "InvalidPowerState" => $"it is {detail.Text("existingState")}",
            "InvalidLogin" => "the user name or the password is wrong",
            "InvalidArgument" or "InvalidProperty" => detail.Text("invalidProperty") ?? detail.Text("name"),
            "InvalidVmConfig" or "InvalidDeviceSpec" => detail.Text("property"),
            _ => detail.Text("file") ?? detail.Text("obj"),
        };
        var said = string.IsNullOrWhiteSpace(words) || words.Contains(type, StringComparison.Ordinal) ? type : $"{words.Trim()} ({type})";
        return string.IsNullOrEmpty(about) ? said : $"{said}: {about}";
    }

    private static string? TypeOf(XElement? detail)
    {
        if (detail is null)
        {
            return null;
        }

        if (detail.Type() is { Length: > 0 } type)
        {
            return type;
        }

        var name = detail.Name.LocalName;
        return name.EndsWith("Fault", StringComparison.Ordinal) ? name[..^"Fault".Length] : name;
    }
}
