using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>A VM must be on or off, not in between.</summary>
internal static class PowerStateNotSupported
{
    internal static Rule Rule { get; } = Rules.Own("the VM is neither running nor off, or off for a mode that needs it running (off for cold: a warning)", [], look =>
    {
        var (vm, mode) = (look.Subject.Vm, look.Subject.Mode);
        if (vm.Power is PowerState.Paused or PowerState.Other)
        {
            look.Say($"{vm.Name} is {(vm.PowerDetail.Length > 0 ? vm.PowerDetail : vm.Power)}; a {mode} move needs it running{(mode == "Cold" ? " or off" : "")}. Resume it or shut it down.");
        }
        else if (vm.Power == PowerState.Off && mode == "Live" && !look.Subject.CopyExists)
        {
            look.Say($"{vm.Name} is off, so it has no memory that could move. Start it, or set mode to Cold.");
        }
        else if (vm.Power == PowerState.Off && !look.Subject.CopyExists)
        {
            look.Say($"{vm.Name} is off, so it will be off at the target too, and nothing can show that its guest starts there.", weight: Weight.Warns);
        }
    });
}
