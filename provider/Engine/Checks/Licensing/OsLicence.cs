using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Licensing;

/// <summary>By which licence the guest's system may run at the target: only the user can say, and a free system needs no word.</summary>
internal static class OsLicence
{
    internal static Rule Rule { get; } = new("`plan.osLicence` is not declared under `facts`, and `guest.os` is none of the systems that are free to run anywhere (Debian, Ubuntu, AlmaLinux, Rocky, Fedora and the like)", look =>
    {
        var free = look.Peek(GuestFact.Os).TryGet(out var os) && GuestFamily.IsFree(os);
        if (!free && !look.Peek(PlanFact.OsLicence).IsKnown)
        {
            look.Trip(null, os is null ? "no word about it" : $"no word about {os}", $"facts[\"{PlanFact.OsLicence}\"], such as \"{PlanFact.OsLicence.Example}\"");
        }
    })
    { Facts = [PlanFact.OsLicence, GuestFact.Os] };
}
