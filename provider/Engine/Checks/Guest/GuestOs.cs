using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Guest;

/// <summary>Which system the guest is, and what the target thinks of it.</summary>
internal static class GuestOs
{
    /// <remarks>KVM's devices have drivers in every Linux kernel, so there a Linux by any name will do.</remarks>
    internal static Rule SupportedRule { get; } = Rules.Own(
        "`guest.os` begins with none of `site.guestList`; a warning where the target is KVM, and there no Linux trips it", [GuestFact.Os, SiteFact.OsList], look =>
    {
        var kvm = look.Subject.To.Kind is "libvirt" or "kubevirt";
        if (look.Get(GuestFact.Os, out var os) && look.Get(SiteFact.OsList, out var known) && !known.Any(one => os.StartsWith(one, StringComparison.OrdinalIgnoreCase))
            && !(kvm && GuestFamily.Of(os) == "linux"))
        {
            look.Trip(null, $"operating system {os}", $"one of {SiteFact.OsList.Print(known)} at site \"{look.Subject.To.Site}\"", kvm ? Weight.Warns : null);
        }
    });

    internal static Rule DetectedRule { get; } = Rules.Own("neither the agent nor the user tells `guest.os`", [GuestFact.Os], look =>
    {
        if (look.Subject.From.Kind != look.Subject.To.Kind && !look.Get(GuestFact.Os, out _))
        {
            look.Trip(null, $"no word about its system ({look.Peek(GuestFact.Os).WhyUnknown})", "its name and version");
        }
    });

    internal static Rule ConflictRule { get; } = Rules.Own("`guest.osConfigured` and `guest.os` are of different families", [GuestFact.OsConfigured, GuestFact.Os], look =>
    {
        if (look.Get(GuestFact.OsConfigured, out var configured) && look.Get(GuestFact.Os, out var os)
            && GuestFamily.Of(configured) is var a && GuestFamily.Of(os) is var b && a != b && a != "other" && b != "other")
        {
            look.Trip(null, $"configured as {configured}, the guest says {os}", "one family");
        }
    });

    internal static Rule WindowsRule { get; } = Rules.Own("the guest is Windows and the platforms differ", [GuestFact.Family], look =>
    {
        if (look.Subject.From.Kind != look.Subject.To.Kind && look.Get(GuestFact.Family, out var family) && family == "windows")
        {
            look.Trip(null, "Windows", "up to four restarts of patience");
        }
    });

    internal static Rule ToolsRule { get; } = Rules.Own("`guest.tools` is neither `running` nor `ok`; where that is unknown, `vm.agent` is false", [GuestFact.Tools, VmFact.AgentAnswers], look =>
    {
        if (look.Subject.Vm.Power != Facts.PowerState.Running)
        {
            return;
        }

        if (look.Peek(GuestFact.Tools).TryGet(out var state))
        {
            if (state is not ("running" or "ok"))
            {
                look.Trip(null, $"guest tools {state}", "running");
            }
        }
        else if (look.Get(VmFact.AgentAnswers, out var answers) && !answers)
        {
            look.Trip(null, "no answer of the guest agent", "a running agent");
        }
    });
}
