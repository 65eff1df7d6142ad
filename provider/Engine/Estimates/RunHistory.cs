using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Estimates;

/// <summary>Runs that ended between two sites, in either direction, as the stamps at both tell: no state and no file is needed to know them.</summary>
/// <remarks>A commit takes the stamp away, and with it the record; what is known comes from VMs that still have their way back.</remarks>
/// <param name="Route">The direction that is asked about; null where it could not be told.</param>
/// <param name="Records">Latest first, with the id of the VM that each was about.</param>
public sealed record RunHistory(string? Route, ImmutableArray<(string VmId, RunRecord Record)> Records)
{
    /// <summary>Nothing is known.</summary>
    public static RunHistory None { get; } = new(null, []);

    /// <summary>The other direction.</summary>
    public string? Back => Route is null ? null : string.Join('-', Route.Split('-').Reverse());

    /// <summary>Two sites by what they are, not by their names in a config: eight digits each.</summary>
    public static string RouteOf(string fromIdentity, string toIdentity) => $"{Short(fromIdentity)}-{Short(toIdentity)}";

    /// <summary>Reads both sites' lists of VMs. A site that cannot be listed leaves nothing known: an estimate is no reason to fail.</summary>
    public static async Task<RunHistory> ReadAsync(Site from, Site to, CancellationToken cancellation)
    {
        try
        {
            var here = (await from.DescribeAsync(cancellation)).Identity;
            var there = from == to ? here : (await to.DescribeAsync(cancellation)).Identity;
            var history = new RunHistory(RouteOf(here, there), []);
            var found = new List<(string VmId, RunRecord Record)>();
            foreach (var site in here == there ? [from] : new[] { from, to })
            {
                await foreach (var vm in site.ListAsync(cancellation))
                {
                    if (RunRecord.Read(vm.Stamp?[StampNotes.Ran]) is { } record && (record.Route == history.Route || record.Route == history.Back))
                    {
                        found.Add((vm.Id, record));
                    }
                }
            }

            return history with { Records = [.. found.OrderByDescending(one => one.Record.At)] };
        }
        catch (PlatformException)
        {
            return None;
        }
    }

    private static string Short(string identity) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 4));
}
