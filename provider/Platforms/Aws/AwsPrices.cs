using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Aws;

/// <summary>What an instance costs, from a dated list. The built-in one is small; whoever has other prices gives a file of the same form.</summary>
internal sealed class AwsPrices
{
    private const double HoursPerMonth = 730;

    private readonly JsonNode _prices;
    private readonly JsonNode? _region;
    private readonly string _from;

    private AwsPrices(JsonNode prices, string region, string from) => (_prices, _region, _from) = (prices, prices["regions"]?[region], from);

    /// <exception cref="PlatformException">The file cannot be read or is no list of prices.</exception>
    internal static AwsPrices Load(string? file, string region)
    {
        if (file is null)
        {
            using var built = typeof(AwsPrices).Assembly.GetManifestResourceStream("VmMigrate.Platforms.Aws.prices.json")!;
            return new AwsPrices(JsonNode.Parse(built)!, region, "the built-in list");
        }

        try
        {
            return new AwsPrices(JsonNode.Parse(File.ReadAllText(file))!, region, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new PlatformException(PlatformErrorKind.Refused, "aws", $"The price file {file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Monthly cost and what the move itself costs once, as notes; and what is left out.</summary>
    internal IEnumerable<Finding> Estimate(string type, VmRequest request, AwsTarget options)
    {
        var at = PropertyPath.Of("target");
        var date = (string?)_prices["date"] ?? "without a date";
        var currency = (string?)_prices["currency"] ?? "USD";
        if (_region is null)
        {
            yield return Finding.Note("cost.estimate", at, $"What this costs is not known: {_from} ({date}) has no prices for this region. Give your own in the site's priceFile.");
            yield break;
        }

        var hourly = (double?)_region["instances"]?[type];
        var storage = 0.0;
        var blocks = 0L;
        foreach (var disk in request.Disks)
        {
            var size = TargetLine.Gibibytes(disk.LengthBytes);
            var kind = _region["volumes"]?[disk.Pool];
            storage += size * ((double?)kind?["gibMonth"] ?? 0);
            storage += Math.Max(0, (options.Iops ?? 0) - ((int?)kind?["freeIops"] ?? 0)) * ((double?)kind?["iopsMonth"] ?? 0);
            storage += Math.Max(0, (options.Throughput ?? 0) - ((int?)kind?["freeThroughput"] ?? 0)) * ((double?)kind?["throughputMonth"] ?? 0);
            blocks += (Math.Min(request.Source.Disks.FirstOrDefault(one => one.Name == disk.DiskName)?.AllocatedBytes.Or(disk.LengthBytes) ?? disk.LengthBytes, disk.LengthBytes) + Ebs.EbsClient.BlockBytes - 1) / Ebs.EbsClient.BlockBytes;
        }

        // Every block is put once and read back once for the proof.
        var put = blocks / 1000.0 * ((double?)_region["ebsDirect"]?["putPer1000"] ?? 0);
        var get = blocks / 1000.0 * ((double?)_region["ebsDirect"]?["getPer1000"] ?? 0);
        var transfer = blocks * (Ebs.EbsClient.BlockBytes / (double)(1 << 30)) * ((double?)_region["transferOutGib"] ?? 0);
        var compute = hourly is { } price ? $"instance {Money(price * HoursPerMonth)}" : $"instance unknown ({type} is not in the list)";
        yield return Finding.Note(
            "cost.estimate", at,
            $"About {Money(((hourly ?? 0) * HoursPerMonth) + storage)} {currency} a month at list prices ({compute}, volumes {Money(storage)}), and once for the move {Money(put + get + transfer)} "
            + $"(EBS direct calls {Money(put + get)}, reading back to this machine {Money(transfer)} if it is outside of AWS). From {_from} of {date}; without taxes, discounts, licences, traffic and snapshots kept.");
    }

    private static string Money(double amount) => amount.ToString(amount < 10 ? "0.00" : "0", CultureInfo.InvariantCulture);
}
