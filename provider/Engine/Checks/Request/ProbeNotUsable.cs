using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>The declared probes must be ones that this guest can pass.</summary>
/// <remarks>If ignored, the cutover is rolled back for want of proof. Facts: whether the agent answers now.</remarks>
internal static class ProbeNotUsable
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        var vm = subject.Vm;
        if (vm.Power != PowerState.Running || subject.Spec.Goal < MigrationGoal.CutOver)
        {
            yield break;
        }

        for (var i = 0; i < subject.Spec.Probes.Length; i++)
        {
            var probe = subject.Spec.Probes[i];
            var at = PropertyPath.Of("verify.probes").Item(i);
            if (probe.Kind == ProbeKind.GuestAgent)
            {
                if (!vm.AgentAnswers.TryGet(out var answers))
                {
                    yield return Finding.Note(
                        "verify.agent", at, $"Whether the guest agent of {vm.Name} answers could not be seen ({vm.AgentAnswers.WhyUnknown}).");
                }
                else if (!answers)
                {
                    yield return Finding.Error(
                        "verify.agent", at,
                        $"The guest agent of {vm.Name} does not answer now, so it could not prove the start at the target either. "
                        + "Install and start qemu-guest-agent in the guest, or declare another probe: verify.probes with tcp or console.");
                }
            }
            else if (probe is { Kind: ProbeKind.Tcp, Host: null } && vm.Addresses.IsEmpty)
            {
                yield return Finding.Error(
                    "verify.tcp", at.Child("tcp").Child("host"),
                    $"No address of {vm.Name} is known (its guest agent tells none), so a TCP probe has nowhere to connect to. Set host.");
            }
        }
    }
}
