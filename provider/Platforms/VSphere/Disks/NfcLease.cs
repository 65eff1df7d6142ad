using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>A lease on a VM's or snapshot's disks: for as long as it stands, a host gives or takes their content at the addresses that it names, and nothing else may be done with them.</summary>
/// <remarks>Source: vSphere API reference, HttpNfcLease. It runs out where nobody tells of progress, so that is told whether there is some or not. Safe for several threads.</remarks>
internal sealed class NfcLease : IAsyncDisposable
{
    /// <summary>A host locks the disks and, for a snapshot, makes room for the addresses first.</summary>
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly VimClient _client;
    private readonly MoRef _lease;
    private readonly XElement _info;
    private readonly ITimer _keeper;
    private readonly HttpClient _http;
    private readonly bool _imports;
    private readonly CancellationTokenSource _lost = new();
    private int _percent;
    private bool _ended;

    private NfcLease(VimClient client, MoRef lease, XElement info, bool imports, TimeProvider time)
    {
        _client = client;
        _imports = imports;
        Entity = info.RefAt("entity");
        _lease = lease;
        _info = info;
        // A host's own certificate: its thumbprint came over the connection that we trust.
        var thumbprints = info.Children("deviceUrl").Select(url => url.Text("sslThumbprint")).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(20),
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    (certificate is not null && thumbprints.Contains(ServerTrust.Sha1Of(certificate))) || client.Trusts(certificate, chain, errors),
            },
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var seconds = Math.Clamp(info.Number("leaseTimeout") ?? 300, 3, 300);
        var every = TimeSpan.FromSeconds(seconds / 3.0);
        _keeper = time.CreateTimer(_ => _ = TellAsync(), null, every, every);
    }

    internal HttpClient Http => _http;

    internal MoRef Reference => _lease;

    /// <summary>The VM whose disks it is about; for an import the one that comes into being.</summary>
    internal MoRef? Entity { get; }

    /// <summary>Set when the server knows nothing of the lease any more: it has run out, or somebody has ended it.</summary>
    internal CancellationToken Lost => _lost.Token;

    /// <param name="asked">The reply of the call that asked for the lease.</param>
    /// <param name="imports">Disks are given to the host. Such a lease leaves nothing behind unless it was completed.</param>
    internal static async Task<NfcLease> ReadyAsync(VimClient client, string what, XElement asked, bool imports, TimeProvider time, CancellationToken cancellation)
    {
        var lease = MoRef.Of(asked.Child("returnval")!);
        var since = time.GetTimestamp();
        try
        {
            while (true)
            {
                var seen = await client.ReadOneAsync(what, lease, ["state", "error", "info"], cancellation).ConfigureAwait(false)
                    ?? throw new PlatformException(PlatformErrorKind.Lost, client.Site, $"{what}: the lease is gone");
                switch (seen.Text("state"))
                {
                    case "ready" when seen["info"] is { } info:
                        return new NfcLease(client, lease, info, imports, time);
                    case "error":
                        throw seen["error"] is { } error
                            ? VSphereErrors.FromTask(client.Site, what, new XElement("error", new XElement(error) { Name = "fault" }))
                            : new PlatformException(PlatformErrorKind.Refused, client.Site, $"{what}: the host could not give the lease");
                    default:
                        break;
                }

                if (time.GetElapsedTime(since) > ReadyLimit)
                {
                    throw new PlatformException(PlatformErrorKind.TimedOut, client.Site, $"{what}: the lease was not ready within {ReadyLimit.TotalSeconds:0} s");
                }

                await Task.Delay(Poll, time, cancellation).ConfigureAwait(false);
            }
        }
        catch
        {
            await VimProperties.ForgetAsync(client, lease, "HttpNfcLeaseAbort").ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The address of a disk's content, by the place where it hangs, such as <c>ParaVirtualSCSIController0:0</c>; null where the lease has none for it.</summary>
    internal Uri? AddressOf(string place)
    {
        var found = _info.Children("deviceUrl").Where(url => url.Flag("disk") != false
            && ((url.Text("key") ?? "").EndsWith("/" + place, StringComparison.Ordinal) || (url.Text("importKey") ?? "").EndsWith("/" + place, StringComparison.Ordinal))).ToList();
        return found is [var one] ? AddressIn(one) : null;
    }

    /// <summary>The address of its only disk; null where it has none or several.</summary>
    internal Uri? OnlyAddress => _info.Children("deviceUrl").Where(url => url.Flag("disk") != false).ToList() is [var one] ? AddressIn(one) : null;

    internal void Report(int percent) => Volatile.Write(ref _percent, Math.Clamp(percent, 0, 100));

    /// <summary>All of an import has come: what it brought stays from now on.</summary>
    /// <exception cref="PlatformException">It has not; then nothing of it stays. <see cref="PlatformErrorKind.Lost"/>: the reply was lost, and it may or may not stay.</exception>
    internal async Task CompleteAsync(string what, CancellationToken cancellation)
    {
        await _client.ChangeAsync(what, _lease, "HttpNfcLeaseComplete", cancellation).ConfigureAwait(false);
        _ended = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _keeper.DisposeAsync().ConfigureAwait(false);
        _http.Dispose();
        if (!_ended)
        {
            await VimProperties.ForgetAsync(_client, _lease, _imports ? "HttpNfcLeaseAbort" : "HttpNfcLeaseComplete").ConfigureAwait(false);
        }

        _lost.Dispose();
    }

    /// <summary>A bare host does not know by which of its names it is called.</summary>
    private Uri? AddressIn(XElement device) => device.Text("url") is { } url ? new Uri(url.Replace("://*", $"://{_client.Address.Sdk.Authority}", StringComparison.Ordinal)) : null;

    private async Task TellAsync()
    {
        try
        {
            await _client.ChangeAsync("keeping a lease", _lease, "HttpNfcLeaseProgress", CancellationToken.None, El("percent", Volatile.Read(ref _percent))).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.NativeCode is null || exception.Kind == PlatformErrorKind.Unreachable)
        {
            // The next one may come through; a lease outlasts two that do not.
        }
        catch (PlatformException)
        {
            try
            {
                await _lost.CancelAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // It was given back meanwhile.
            }
        }
    }
}
