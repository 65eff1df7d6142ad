using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace VmMigrate.TestEc2;

/// <summary>Checks AWS signature version 4 on what came over the wire, from the published rules and with no code of any SDK.</summary>
internal sealed class SignatureCheck(TimeProvider time, Func<string, Account?> find)
{
    /// <param name="rawPath">As it stands in the request line.</param>
    /// <param name="header">A header's value, several joined by commas; null where there is none.</param>
    /// <exception cref="Ec2Error">The request is not signed, wrongly signed, too old, or its key is unknown or expired.</exception>
    internal (Account Who, string Service, string Region) Check(string method, string rawPath, string rawQuery, Func<string, string?> header, ReadOnlySpan<byte> body)
    {
        const string Scheme = "AWS4-HMAC-SHA256 ";
        var authorization = header("authorization") ?? throw new Ec2Error(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
        if (!authorization.StartsWith(Scheme, StringComparison.Ordinal))
        {
            throw new Ec2Error(400, "IncompleteSignature", "Authorization header requires AWS4-HMAC-SHA256.");
        }

        var parts = authorization[Scheme.Length..].Split(',').Select(part => part.Trim().Split('=', 2)).ToDictionary(part => part[0], part => part[1]);
        if (parts["Credential"].Split('/') is not [var key, var day, var region, var service, "aws4_request"])
        {
            throw new Ec2Error(400, "IncompleteSignature", "Credential must have 5 parts.");
        }

        var account = find(key) ?? throw new Ec2Error(401, "AuthFailure", "AWS was not able to validate the provided access credentials");
        var date = header("x-amz-date") ?? throw new Ec2Error(400, "IncompleteSignature", "Authorization header requires existence of a 'X-Amz-Date' header.");
        var at = DateTimeOffset.ParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if ((time.GetUtcNow() - at).Duration() > TimeSpan.FromMinutes(5) || !date.StartsWith(day, StringComparison.Ordinal))
        {
            throw new Ec2Error(400, "RequestExpired", "Request has expired.");
        }

        var signed = parts["SignedHeaders"].Split(';');
        if (!signed.Contains("host") || !signed.Contains("x-amz-date") || !signed.SequenceEqual(signed.Order(StringComparer.Ordinal)))
        {
            throw new Ec2Error(403, "SignatureDoesNotMatch", "The headers host and x-amz-date must be signed, in order.");
        }

        var canonical = new StringBuilder().Append(method).Append('\n').Append(Path(rawPath)).Append('\n').Append(Query(rawQuery)).Append('\n');
        foreach (var name in signed)
        {
            canonical.Append(name).Append(':').Append(string.Join(' ', (header(name) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))).Append('\n');
        }

        var hash = header("x-amz-content-sha256") is { } given && signed.Contains("x-amz-content-sha256") ? given : Hex(SHA256.HashData(body));
        if (hash != "UNSIGNED-PAYLOAD" && hash != Hex(SHA256.HashData(body)))
        {
            throw new Ec2Error(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
        }

        canonical.Append('\n').Append(parts["SignedHeaders"]).Append('\n').Append(hash);
        var scope = $"{day}/{region}/{service}/aws4_request";
        var toSign = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
        var signingKey = Encoding.UTF8.GetBytes("AWS4" + account.Secret);
        foreach (var part in (string[])[day, region, service, "aws4_request"])
        {
            signingKey = HMACSHA256.HashData(signingKey, Encoding.UTF8.GetBytes(part));
        }

        var expected = Hex(HMACSHA256.HashData(signingKey, Encoding.UTF8.GetBytes(toSign)));
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(parts["Signature"])))
        {
            throw new Ec2Error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.");
        }

        // Only now: whoever cannot sign learns nothing about the token.
        if (account.Token is { } token && header("x-amz-security-token") != token)
        {
            throw new Ec2Error(400, "InvalidClientTokenId", "The security token included in the request is invalid.");
        }

        if (account.Expires is { } expires && expires <= time.GetUtcNow())
        {
            throw new Ec2Error(400, service == "ec2" ? "RequestExpired" : "ExpiredTokenException", "The security token included in the request is expired");
        }

        return (account, service, region);
    }

    internal static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>Each segment of the path as it was sent, encoded once more.</summary>
    private static string Path(string raw) => string.Join('/', raw.Split('/').Select(Uri.EscapeDataString));

    private static string Query(string raw) => string.Join(
        '&',
        raw.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .Select(pair => (Name: Encode(pair[0]), Value: Encode(pair.Length > 1 ? pair[1] : "")))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
            .Select(pair => $"{pair.Name}={pair.Value}"));

    private static string Encode(string text) => Uri.EscapeDataString(Uri.UnescapeDataString(text.Replace('+', ' ')));
}
