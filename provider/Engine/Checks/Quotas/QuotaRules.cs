using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Quotas;

/// <summary>What is left of a quota.</summary>
internal static class QuotaRules
{
    internal static Rule DiskRule { get; } = Rules.Own("the disks' length is above `site.quotaDisk`", [SiteFact.QuotaDisk], look =>
    {
        var needed = look.Subject.Vm.Disks.Sum(disk => disk.LengthBytes.Or(0));
        if (look.Get(SiteFact.QuotaDisk, out var left) && needed > left)
        {
            look.Trip(null, Human.Bytes(needed), $"at most the {Human.Bytes((long)left)} left");
        }
    });

    internal static Rule IpRule { get; } = Rules.Own("`network.freeAddresses` is below the VM's cards on it", [NetworkFact.FreeIps], look =>
    {
        foreach (var item in look.Items(FactScope.Network))
        {
            var name = ((Facts.Network)item.Holder).Name;
            var needed = look.Subject.Vm.Nics.Count(nic => nic.Network.TryGet(out var from) && look.Subject.Placement.Networks.GetValueOrDefault(from) == name);
            if (look.Get(NetworkFact.FreeIps, item, out var free) && free < needed)
            {
                look.Trip(item.Name, $"{free} free addresses", $"{needed}");
            }
        }
    });

    internal static Rule PublicIpRule { get; } = Rules.Own("`site.quotaPublicAddresses` is below the cards with a public address", [NicFact.PublicIp, SiteFact.QuotaPublicIps], look =>
    {
        var needed = 0;
        foreach (var item in look.Items(FactScope.Nic))
        {
            needed += look.Get(NicFact.PublicIp, item, out var address) && address is not ("" or "none") ? 1 : 0;
        }

        if (needed > 0 && look.Get(SiteFact.QuotaPublicIps, out var left) && left < needed)
        {
            look.Trip(null, $"{left} public addresses left", $"{needed}");
        }
    });

    internal static Rule LimitsAge { get; } = Rules.Own("`site.limitsAsOf` is older than policy `limitsAge`", [SiteFact.LimitsAsOf], look =>
    {
        if (look.Get(SiteFact.LimitsAsOf, out var date) && look.Subject.Now - date is var age && age.TotalSeconds > look.Limit(PolicyKeys.LimitsAge))
        {
            look.Trip(null, $"a table of {date:yyyy-MM-dd}", $"one of at most {PolicyKeys.LimitsAge.Default / 86400:0} days");
        }
    }) with
    { Thresholds = [PolicyKeys.LimitsAge] };

    internal static Rule Left(Facts.FactKey<double> quota, int needed) => Rules.Own($"`{quota}` is below {needed}", [quota], look =>
    {
        if (look.Get(quota, out var left) && left < needed)
        {
            look.Trip(null, $"{quota.Label}: {left}", $"{needed}");
        }
    });

    internal static Rule PerDisk(Facts.FactKey<double> quota) => Rules.Own($"`{quota}` is below the number of disks", [quota, VmFact.Disks], look =>
    {
        if (look.Get(quota, out var left) && left < look.Subject.Vm.Disks.Length)
        {
            look.Trip(null, $"{quota.Label}: {left}", $"one for each of {look.Subject.Vm.Disks.Length} disks");
        }
    });

    internal static void Api(Look look)
    {
        if (look.Get(LinkFact.Rate, out var link) && look.Get(SiteFact.QuotaApi, out var api) && link > api)
        {
            look.Trip(null, $"a link of {LinkFact.Rate.Print(link)}", $"nothing above the API's {SiteFact.QuotaApi.Print(api)} can be used");
        }
    }
}
