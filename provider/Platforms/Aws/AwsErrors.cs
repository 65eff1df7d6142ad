using System.Net;
using Amazon.Runtime;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws;

/// <summary>From AWS's codes to the one exception of a driver. EC2's codes: "Error codes for the Amazon EC2 API" in its reference.</summary>
internal static class AwsErrors
{
    /// <param name="what">What was asked, such as <c>starting instance i-0123</c>.</param>
    internal static PlatformException Map(Exception error, string site, string what)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is AmazonServiceException { ErrorCode: { Length: > 0 } code } service)
            {
                var kind = Kind(code, service.StatusCode);
                return new PlatformException(kind, site, $"{what} failed: {service.Message.TrimEnd('.')} ({code}).{Advice(code)}", error) { NativeCode = code };
            }
        }

        return error switch
        {
            HttpRequestException or AmazonServiceException or IOException => new PlatformException(PlatformErrorKind.Unreachable, site, $"{what} failed: {Innermost(error).TrimEnd('.')}.", error),
            AmazonClientException when Innermost(error).Contains("SSO", StringComparison.Ordinal) => new PlatformException(
                PlatformErrorKind.Denied, site, $"{what} failed: {Innermost(error).TrimEnd('.')}. Log in with aws sso login, as the user and for the profile that the provider runs with.", error),
            AmazonClientException => new PlatformException(PlatformErrorKind.Denied, site, $"{what} failed: {Innermost(error).TrimEnd('.')}. Set keys or a profile in the site's aws block, or the environment that AWS's tools use.", error),
            _ => new PlatformException(PlatformErrorKind.Lost, site, $"{what} failed: {Innermost(error).TrimEnd('.')}.", error),
        };
    }

    internal static PlatformErrorKind Kind(string code, HttpStatusCode status) => code switch
    {
        _ when code.EndsWith(".NotFound", StringComparison.Ordinal) || code is "InvalidLaunchTemplateName.NotFoundException" or "InvalidID" or "ResourceNotFoundException" or "InvalidInstanceID.Malformed" => PlatformErrorKind.NotFound,
        "UnauthorizedOperation" or "AuthFailure" or "AccessDenied" or "AccessDeniedException" or "SignatureDoesNotMatch" or "InvalidClientTokenId" or "UnrecognizedClientException" or "OptInRequired"
            or "MissingAuthenticationToken" or "ExpiredToken" or "ExpiredTokenException" or "RequestExpired" or "InvalidSignatureException" or "UnauthorizedException" or "PendingVerification" => PlatformErrorKind.Denied,
        "InsufficientInstanceCapacity" or "InsufficientFreeAddressesInSubnet" or "InsufficientCapacity" or "InsufficientVolumeCapacity" or "VcpuLimitExceeded" or "InstanceLimitExceeded" or "VolumeLimitExceeded"
            or "SnapshotLimitExceeded" or "ServiceQuotaExceededException" or "ConcurrentSnapshotLimitExceeded" or "MaxIOPSLimitExceeded" or "NetworkInterfaceLimitExceeded" => PlatformErrorKind.Full,
        "IncorrectState" or "IncorrectInstanceState" or "VolumeInUse" or "InvalidSnapshot.InUse" or "InvalidNetworkInterface.InUse" or "ResourceInUse" or "SnapshotCreationPerVolumeRateExceeded" => PlatformErrorKind.Busy,
        "RequestLimitExceeded" or "Throttling" or "ThrottlingException" or "RequestThrottled" or "RequestThrottledException" or "TooManyRequestsException" => PlatformErrorKind.Busy,
        "InternalError" or "InternalFailure" or "InternalServerException" or "Unavailable" or "ServiceUnavailable" => PlatformErrorKind.Lost,
        "Unsupported" or "UnsupportedOperation" or "InvalidAction" => PlatformErrorKind.Unsupported,
        _ => (int)status >= 500 ? PlatformErrorKind.Lost : PlatformErrorKind.Refused,
    };

    internal static string Advice(string code) => code switch
    {
        "UnauthorizedOperation" or "AccessDeniedException" or "AccessDenied" => " The whole policy that a move needs stands in docs/platforms/aws.md.",
        "ExpiredToken" or "ExpiredTokenException" or "RequestExpired" or "UnauthorizedException" => " Log in again (aws sso login), or give keys that last as long as the move; what was copied is kept.",
        "InsufficientInstanceCapacity" => " The zone has no room for this type now: name another in target.aws.instanceType, or a subnet in another zone.",
        "VcpuLimitExceeded" => " Ask for a higher quota (Service Quotas, EC2, running On-Demand instances), or name a smaller type.",
        _ => "",
    };

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error.Message;
    }
}
