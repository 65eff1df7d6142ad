// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Inputs
{

    /// <summary>
    /// What counts as proof that the move worked.
    /// </summary>
    public sealed class VerifyArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// How the disks of both sides are compared.
        /// </summary>
        [Input("digest")]
        public Input<VmMigrate.Sdk.DigestAlgorithm>? Digest { get; set; }

        /// <summary>
        /// Whether the copied disks are looked into with libguestfs (`guestfish`, where it is installed on the provider's machine) before the guest starts from them: drivers, fstab, kernel command line, network, console. Mode Warm does it while the VM runs.
        /// </summary>
        [Input("inspectGuest")]
        public Input<VmMigrate.Sdk.GuestInspection>? InspectGuest { get; set; }

        [Input("probes")]
        private InputList<Inputs.ProbeArgs>? _probes;

        /// <summary>
        /// All of these must pass at the target. Default: the guest agent answers.
        /// </summary>
        public InputList<Inputs.ProbeArgs> Probes
        {
            get => _probes ?? (_probes = new InputList<Inputs.ProbeArgs>());
            set => _probes = value;
        }

        public VerifyArgs()
        {
            Digest = VmMigrate.Sdk.DigestAlgorithm.XxHash128;
            InspectGuest = VmMigrate.Sdk.GuestInspection.Off;
        }
        public static new VerifyArgs Empty => new VerifyArgs();
    }
}
