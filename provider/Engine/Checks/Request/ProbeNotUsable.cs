using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>The declared probes must be ones that this guest can pass.</summary>
internal static class ProbeNotUsable
{
    internal static Rule Agent { get; } = Rules.Own("a guestAgent probe is declared and `vm.agent` is false", [VmFact.AgentAnswers], look =>
    {
        foreach (var (_, at) in Probes(look, ProbeKind.GuestAgent))
        {
            if (look.Get(VmFact.AgentAnswers, out var answers) && !answers)
            {
                look.Say(
                    $"The guest agent of {look.Subject.Vm.Name} does not answer now, so it could not prove the start at the target either. "
                    + "Install and start qemu-guest-agent in the guest, or declare another probe: verify.probes with tcp or console.",
                    at: at);
            }
        }
    });

    internal static Rule Tcp { get; } = Rules.Own("a tcp probe has no host and the guest tells no address", [], look =>
    {
        foreach (var (probe, at) in Probes(look, ProbeKind.Tcp))
        {
            if (probe.Host is null && look.Subject.Vm.Addresses.IsEmpty)
            {
                look.Say(
                    $"No address of {look.Subject.Vm.Name} is known (its guest agent tells none), so a TCP probe has nowhere to connect to. Set host.",
                    at: at.Child("tcp").Child("host"));
            }
        }
    });

    internal static Rule HostKey { get; } = Rules.Own("an ssh probe or a hook has no hostKey", [], look =>
    {
        var spec = look.Subject.Spec;
        foreach (var (probe, at) in spec.Probes.Select((probe, i) => (probe, PropertyPath.Of("verify.probes").Item(i).Child("ssh")))
            .Concat((spec.Replatform?.Hooks ?? []).Select((hook, i) => (hook, PropertyPath.Of("replatform.hooks").Item(i))))
            .Where(one => spec.Goal >= MigrationGoal.CutOver && one.Item1.Ssh is { HostKey: null }))
        {
            look.Say(
                $"No hostKey is declared for the login as {probe.Ssh!.User} to {probe.Host ?? "the guest"}. A key that the known_hosts of the provider's account has for that address is insisted on; "
                + "without one, whoever answers there is taken for the guest, and gets the command.",
                at: at.Child("hostKey"));
        }
    });

    private static IEnumerable<(ProbeSpec Probe, PropertyPath At)> Probes(Look look, ProbeKind kind)
    {
        if (look.Subject.Vm.Power != PowerState.Running || look.Subject.Spec.Goal < MigrationGoal.CutOver)
        {
            yield break;
        }

        for (var i = 0; i < look.Subject.Spec.Probes.Length; i++)
        {
            if (look.Subject.Spec.Probes[i] is var probe && probe.Kind == kind)
            {
                yield return (probe, PropertyPath.Of("verify.probes").Item(i));
            }
        }
    }
}
