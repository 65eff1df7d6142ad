using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>KubeVirt gives a VM one card on the pod network.</summary>
internal static class PodNetwork
{
    internal static void SinglePod(Look look)
    {
        var pods = new List<string>();
        foreach (var item in look.Items(FactScope.Network))
        {
            if (look.Get(NetworkFact.PodNetwork, item, out var pod) && pod)
            {
                pods.AddRange(look.Subject.Vm.Nics.Where(nic => look.Subject.Placement.Networks.GetValueOrDefault(nic.Network.Or("")) == ((Facts.Network)item.Holder).Name).Select(nic => nic.Mac));
            }
        }

        if (pods.Count > 1)
        {
            look.Trip(null, $"{pods.Count} cards on the pod network ({string.Join(", ", pods)})", "one");
        }
    }
}
