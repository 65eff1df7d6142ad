// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Outputs
{

    /// <summary>
    /// What counts as proof that the move worked.
    /// </summary>
    [OutputType]
    public sealed class Verify
    {
        /// <summary>
        /// How the disks of both sides are compared.
        /// </summary>
        public readonly VmMigrate.Sdk.DigestAlgorithm? Digest;
        /// <summary>
        /// Whether the copied disks are looked into with libguestfs (`guestfish`, where it is installed on the provider's machine) before the guest starts from them: drivers, fstab, kernel command line, network, console. Mode Warm does it while the VM runs.
        /// </summary>
        public readonly VmMigrate.Sdk.GuestInspection? InspectGuest;
        /// <summary>
        /// All of these must pass at the target. Default: the guest agent answers.
        /// </summary>
        public readonly ImmutableArray<Outputs.Probe> Probes;

        [OutputConstructor]
        private Verify(
            VmMigrate.Sdk.DigestAlgorithm? digest,

            VmMigrate.Sdk.GuestInspection? inspectGuest,

            ImmutableArray<Outputs.Probe> probes)
        {
            Digest = digest;
            InspectGuest = inspectGuest;
            Probes = probes;
        }
    }
}
