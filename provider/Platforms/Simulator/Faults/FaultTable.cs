using System.Diagnostics;
using System.Globalization;
using VmMigrate.Platforms.Simulator.Disks;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator.Faults;

/// <summary>Decides which fault, if any, strikes at a call. The counts are part of the world: a fault that struck one process does not strike the next.</summary>
internal static class FaultTable
{
    // What guests do is no call of a site: only who names it means it.
    private const string GuestCalls = "Guest.";

    /// <summary>Whether any fault could ever match, without counting: most sites have none, and their calls stay cheap.</summary>
    internal static bool MayMatch(SiteOptions options, string call, VmState? vm) =>
        !options.Faults.IsDefaultOrEmpty && options.Faults.Any(fault => Matches(fault, call, vm));

    /// <summary>Inside a change: counts this call, and takes the first fault that strikes.</summary>
    internal static Fault? Take(WorldState world, SiteState site, string call, VmState? vm, DateTimeOffset now)
    {
        Fault? struck = null;
        for (var i = 0; i < site.Options.Faults.Length; i++)
        {
            var fault = site.Options.Faults[i];
            if (!Matches(fault, call, vm))
            {
                continue;
            }

            var key = string.Create(CultureInfo.InvariantCulture, $"{site.Name}/{i}/{fault.Kind}/{fault.Call}/{fault.Vm}/{fault.Step}/{fault.Nth}");
            if (!world.Faults.TryGetValue(key, out var count))
            {
                world.Faults[key] = count = new FaultCount();
            }

            count.Seen++;
            world.Dirty = true;
            var age = now - site.CreatedAt;
            if (struck is null
                && count.Seen >= fault.Nth
                && (fault.Times == 0 || count.Struck < fault.Times)
                && (fault.From is not { } from || age >= from)
                && (fault.Until is not { } until || age < until)
                && (fault.Probability >= 1 || Mixing.Share(Mixing.Mix(Mixing.Mix((ulong)site.Options.Seed, key), (ulong)count.Seen)) < fault.Probability))
            {
                count.Struck++;
                struck = fault;
            }
        }

        return struck;
    }

    internal static bool Glob(string pattern, string text)
    {
        var parts = pattern.Split('*');
        if (parts.Length == 1)
        {
            return pattern == text;
        }

        if (!text.StartsWith(parts[0], StringComparison.Ordinal))
        {
            return false;
        }

        var at = parts[0].Length;
        foreach (var part in parts[1..^1])
        {
            at = text.IndexOf(part, at, StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            at += part.Length;
        }

        return text.Length - at >= parts[^1].Length && text.EndsWith(parts[^1], StringComparison.Ordinal);
    }

    private static bool Matches(Fault fault, string call, VmState? vm) =>
        Glob(fault.Call, call)
        && call.StartsWith(GuestCalls, StringComparison.Ordinal) == fault.Call.StartsWith(GuestCalls, StringComparison.Ordinal)
        && (fault.Vm is null || (vm is not null && (Glob(fault.Vm, vm.Name) || Glob(fault.Vm, vm.Id))))
        && (fault.Step is null || InStep(fault.Step));

    private static bool InStep(string pattern)
    {
        for (var activity = Activity.Current; activity is not null; activity = activity.Parent)
        {
            if (Glob(pattern, activity.OperationName))
            {
                return true;
            }
        }

        return false;
    }
}
